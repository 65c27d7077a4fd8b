"""Finds the word that was meant, among those that are known."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LONGEST_WORD = 100
_MOST_NAMES = 1000


def nearest(word: object, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest known word, or the whole list if it is short.

    Near is a name that begins with the word, has it as one of its parts (`timeout` of
    `proxy-timeout`), or differs from it in at most a third of its letters.
    """
    names = sorted({name for name in known if len(name) <= _LONGEST_WORD})
    text = str(word)
    if len(text) > _LONGEST_WORD or len(names) > _MOST_NAMES:
        return ""  # comparing takes too long, and would help nobody
    found = min(((_distance(text, name), name) for name in names), default=(1.0, ""))
    if found[0] <= _NEAR:
        return f"; did you mean {found[1]!r}?"
    if 0 < len(names) <= 16:
        return "; one of " + ", ".join(names)
    return ""


_NEAR = 1 / 3
_PART = 3  # letters that a part of a name must have to stand for it
_LONG = 80  # letters beyond which words are not compared: it takes the square of them


def _distance(word: str, name: str) -> float:
    """Return how far a word is from a name: 0 is the same, 1 has nothing in common."""
    one, other = (text.lstrip("-").casefold() for text in (word, name))
    part = len(one) >= _PART and (other.startswith(one) or one in re.split(r"\W|_", other))
    longer = max(len(one), len(other), 1)
    if longer > _LONG or abs(len(one) - len(other)) > longer * _NEAR:
        return _NEAR if part else 1.0
    return min(edits(one, other) / longer, _NEAR if part else 1.0)


def edits(one: str, other: str) -> int:
    """Count letters to put in, leave out, change, or swap with the next (optimal alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one):
        row = [i + 1]
        for j, b in enumerate(other):
            cost = min(last[j] + (a != b), last[j + 1] + 1, row[j] + 1)
            if i and j and a == other[j - 1] and one[i - 1] == b:
                cost = min(cost, before[j - 1] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
