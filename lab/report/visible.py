"""Text that came from a file or a program, made fit for a terminal.

Escape sequences would act on the terminal, and characters that turn the direction of what follows
would make a line say what it does not. They are shown as Python writes them: \\x1b, \\u202e.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, TypeVar

T = TypeVar("T")

_BEYOND_ASCII = re.compile(r"[^\x00-\x7e]")


def visible(text: str) -> str:
    """Return `text` with every character that a terminal would obey written out.

    Line ends and tabs stay, and so do spaces of every width.
    """
    if text.isprintable():
        return text
    return "".join(_written(character) for character in text.replace("\r\n", "\n"))


def visible_json(text: str) -> str:
    """Return JSON with the same characters escaped that `visible` writes out; it means the same."""

    def escaped(found: re.Match[str]) -> str:
        if _harmless(found[0]):
            return found[0]
        units = found[0].encode("utf-16-be", "surrogatepass").hex()
        return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))

    return _BEYOND_ASCII.sub(escaped, text)


def visible_parts(data: T) -> T:
    """Return a result, or other data, in which every text is `visible`."""
    return _parts(data)  # type: ignore[no-any-return]


def _parts(data: Any) -> Any:
    match data:
        case str():
            return visible(data)
        case dict():
            return {_parts(key): _parts(value) for key, value in data.items()}
        case list() | tuple():
            return type(data)(map(_parts, data))
    # Of pydantic, which is slow to import. Its defaults are golab's own words.
    if (said := getattr(data, "model_fields_set", None)) is not None:
        return data.model_copy(update={name: _parts(getattr(data, name)) for name in said})
    return data


def _written(character: str) -> str:
    if _harmless(character) or character in "\n\t":
        return character
    return character.encode("unicode_escape").decode()


def _harmless(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"
