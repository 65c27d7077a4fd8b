"""go.mod files: written from data, and read as far as a world needs them (ref/mod#go-mod-file)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|//.*|=>|[()\[\],]|[^\s()\[\],]+')
_DEPRECATED = re.compile(r"(?:^|\n)\s*//\s*Deprecated:\s*(.+)")


@dataclass(frozen=True)
class GoMod:
    """What a go.mod says, as far as proxies and repositories need to know."""

    module: str = ""
    require: Mapping[str, str] = field(default_factory=dict)
    retract: tuple[tuple[str, str], ...] = ()
    deprecated: str = ""


def read(text: str) -> GoMod:
    """Read the module, require and retract lines of a go.mod; what is not understood is left out.

    Each retraction is a pair (lowest, highest), both included.
    """
    module = ""
    require: dict[str, str] = {}
    retract: list[tuple[str, str]] = []
    for verb, words in _directives(text):
        if verb == "module" and words:
            module = words[0]
        elif verb == "require" and len(words) >= 2:
            require[words[0]] = words[1]
        elif verb == "retract" and words:
            versions = [word for word in words if word not in "[],"]
            if versions:
                retract.append((versions[0], versions[-1]))
    found = _DEPRECATED.search(text.partition("require")[0])
    return GoMod(module, require, tuple(retract), found[1].strip() if found else "")


def _directives(text: str) -> Iterator[tuple[str, list[str]]]:
    block = ""
    for line in text.splitlines():
        words = [_unquote(word) for word in _TOKEN.findall(line) if not word.startswith("//")]
        if not words:
            continue
        if block:
            if words[0] == ")":
                block = ""
            else:
                yield block, words
        elif len(words) > 1 and words[1] == "(":
            block = words[0]
        else:
            yield words[0], words[1:]


def _unquote(word: str) -> str:
    return word[1:-1] if len(word) >= 2 and word[0] in '"`' and word[-1] == word[0] else word


def write(
    module: str,
    *,
    go: str = "",
    require: Mapping[str, str] | None = None,
    indirect: Iterable[str] = (),
    retract: Mapping[str, str] | None = None,
    deprecated: str = "",
) -> str:
    """Write a go.mod the way `go mod edit -fmt` leaves it.

    Args:
        module: the module path.
        go: the language version, "" for none.
        require: path to version.
        indirect: the paths among them that get the `// indirect` mark.
        retract: a version or an interval `[v1.0.0, v1.1.0]`, to the reason for it.
        deprecated: the message that follows `// Deprecated:`.
    """
    parts = [f"// Deprecated: {deprecated}\nmodule {module}" if deprecated else f"module {module}"]
    if go:
        parts.append(f"go {go}")
    marked = set(indirect)
    lines = [
        f"{path} {version}" + (" // indirect" if path in marked else "")
        for path, version in sorted((require or {}).items())
    ]
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
