"""go.mod files: written from data, and read as far as a world needs them (ref/mod#go-mod-file)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|//.*|=>|[()\[\],]|[^\s()\[\],]+')


@dataclass(frozen=True)
class Required:
    """A module version that go.mod names, and the line where it does."""

    path: str
    version: str
    line: int
    indirect: bool = False


@dataclass(frozen=True)
class Replaced:
    """A replacement; `version` is '' where it holds for all, `new_version` for a directory."""

    path: str
    version: str
    new_path: str
    new_version: str
    line: int

    @property
    def local(self) -> bool:
        """Whether a directory stands for the module."""
        return self.new_path.startswith(("./", "../", "/")) or self.new_path in (".", "..")


@dataclass(frozen=True)
class Requirements:
    """What a go.mod asks for. `go` and `toolchain` are '' where it does not say."""

    module: str = ""
    go: str = ""
    toolchain: str = ""
    require: tuple[Required, ...] = ()
    replace: tuple[Replaced, ...] = ()
    exclude: tuple[Required, ...] = ()


def requirements(text: str) -> Requirements:
    """Read what a go.mod asks for; what is not understood is left out."""
    single: dict[str, str] = {}
    require: list[Required] = []
    exclude: list[Required] = []
    replace: list[Replaced] = []
    lines = text.splitlines()
    for line, verb, words in _directives(text):
        match (verb, words):
            case ("module" | "go" | "toolchain", [value]):
                single.setdefault(verb, value)
            case ("require", [path, version]):
                indirect = "// indirect" in lines[line - 1]
                require.append(Required(path, version, line, indirect))
            case ("exclude", [path, version]):
                exclude.append(Required(path, version, line))
            case ("replace", [*old, "=>", new]) if 1 <= len(old) <= 2:
                replace.append(Replaced(old[0], "".join(old[1:]), new, "", line))
            case ("replace", [*old, "=>", new, version]) if 1 <= len(old) <= 2:
                replace.append(Replaced(old[0], "".join(old[1:]), new, version, line))
    return Requirements(
        **single, require=tuple(require), replace=tuple(replace), exclude=tuple(exclude)
    )


def retractions(text: str) -> tuple[tuple[str, str], ...]:
    """Return the intervals (lowest, highest), both included, that a go.mod retracts.

    Other lines, and what is not understood, are left out.
    """
    found = []
    for _, verb, words in _directives(text):
        versions = [word for word in words if word not in "[],"]
        if verb == "retract" and versions:
            found.append((versions[0], versions[-1]))
    return tuple(found)


def _directives(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield the number, the verb and the words of each line that says something."""
    block = ""
    for number, line in enumerate(text.splitlines(), 1):
        words = [_unquote(word) for word in _TOKEN.findall(line) if not word.startswith("//")]
        if not words:
            continue
        if block:
            if words[0] == ")":
                block = ""
            else:
                yield number, block, words
        elif len(words) > 1 and words[1] == "(":
            block = words[0]
        else:
            yield number, words[0], words[1:]


def _unquote(word: str) -> str:
    return word[1:-1] if len(word) >= 2 and word[0] in '"`' and word[-1] == word[0] else word


def write(
    module: str,
    *,
    go: str = "",
    require: Mapping[str, str] | None = None,
    retract: Mapping[str, str] | None = None,
    deprecated: str = "",
) -> str:
    """Write a go.mod the way `go mod edit -fmt` leaves it.

    Args:
        module: the module path.
        go: the language version, "" for none.
        require: path to version.
        retract: a version or an interval `[v1.0.0, v1.1.0]`, to the reason for it.
        deprecated: the message that follows `// Deprecated:`.
    """
    parts = [f"// Deprecated: {deprecated}\nmodule {module}" if deprecated else f"module {module}"]
    if go:
        parts.append(f"go {go}")
    lines = [f"{path} {version}" for path, version in sorted((require or {}).items())]
    parts += _block("require", lines)
    parts += _block(
        "retract",
        [what + (f" // {why}" if why else "") for what, why in (retract or {}).items()],
    )
    return "\n\n".join(parts) + "\n"


def _block(verb: str, lines: list[str]) -> list[str]:
    if len(lines) < 2:
        return [f"{verb} {line}" for line in lines]
    return [verb + " (\n" + "".join(f"\t{line}\n" for line in lines) + ")"]
