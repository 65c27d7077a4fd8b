"""Globs as `where` has them, and whether two of them can match the same text."""

from __future__ import annotations

import fnmatch
import re

_TOKEN = re.compile(r"\*+|\?|\[!?\]?[^\]]*\]|.", re.DOTALL)


def glob(pattern: str) -> str:
    """Check a glob: `*` any text (slashes too), `?` one character, `[a-z]` one of a set.

    Raises:
        ValueError: empty, or a `[` without its `]`.
    """
    if not pattern:
        raise ValueError("an empty glob matches nothing; leave the key out or write '*'")
    rest = pattern
    while "[" in rest:
        _, _, rest = rest.partition("[")
        inside, closed, after = rest.removeprefix("!").removeprefix("]").partition("]")
        if not closed or (not inside and not rest.startswith("]")):
            raise ValueError(f"bad glob {pattern!r}: '[' without its ']'")
        rest = after
    return pattern


def glob_free(pattern: str) -> bool:
    """Say whether a pattern is plain text."""
    return not any(mark in pattern for mark in "*?[")


def overlap(one: str, other: str) -> bool:
    """Say whether there is a text that both globs match; two sets are taken to have one."""
    tokens = _TOKEN.findall(other)
    places = {0}
    for token in _TOKEN.findall(one):
        if token[0] == "*":
            places = set(range(min(places), len(tokens) + 1))
            continue
        onward = set()
        for place in _past_stars(places, tokens):
            if place < len(tokens) and tokens[place][0] == "*":
                onward.add(place)
            elif place < len(tokens) and _one_character(token, tokens[place]):
                onward.add(place + 1)
        if not onward:
            return False
        places = onward
    return len(tokens) in _past_stars(places, tokens)


def _past_stars(places: set[int], tokens: list[str]) -> set[int]:
    """Add the places behind a `*` that matches nothing."""
    found = set(places)
    for place in places:
        while place < len(tokens) and tokens[place][0] == "*":
            place += 1  # noqa: PLW2901
            found.add(place)
    return found


def _one_character(one: str, other: str) -> bool:
    if "?" in (one, other) or (one[0] == other[0] == "[" and len(one) > 1 < len(other)):
        return True
    literal, pattern = (one, other) if len(one) == 1 else (other, one)
    return fnmatch.fnmatchcase(literal, pattern)
