"""go.mod files: written from data, and read as far as a world needs them (ref/mod#go-mod-file)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|//.*|=>|[()\[\],]|[^\s()\[\],]+')


def retractions(text: str) -> tuple[tuple[str, str], ...]:
    """Return the intervals (lowest, highest), both included, that a go.mod retracts.

    Other lines, and what is not understood, are left out.
    """
    found = []
    for verb, words in _directives(text):
        versions = [word for word in words if word not in "[],"]
        if verb == "retract" and versions:
            found.append((versions[0], versions[-1]))
    return tuple(found)


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
