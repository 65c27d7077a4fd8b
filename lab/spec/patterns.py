"""The patterns of a scenario: RE2, which Go's regexp is made after, searched line by line.

RE2 takes time in proportion to the text, whatever the pattern: a stranger's `^(a+)+$` is answered
like any other. https://github.com/google/re2/wiki/Syntax says what it reads.
"""

from __future__ import annotations

from functools import lru_cache

import re2

MAX_LENGTH = 1000
MAX_TOTAL = 20_000
"""Characters of all patterns of a file: some take a millisecond for each few to be compiled."""


class Checker:
    """Refuses what is no regular expression, for one file."""

    def __init__(self) -> None:
        self._size = 0
        self._checked: set[str] = set()

    def check(self, pattern: str) -> None:
        """Check one pattern.

        Raises:
            ValueError: it is no regular expression, or too long.
        """
        if pattern in self._checked:
            return
        if len(pattern) > MAX_LENGTH:
            raise ValueError(f"a regular expression of more than {MAX_LENGTH} characters")
        self._size += len(pattern)
        if self._size > MAX_TOTAL:
            raise ValueError(f"more than {MAX_TOTAL} characters of regular expressions in a file")
        try:
            _compiled(pattern)
        except (re2.error, UnicodeEncodeError) as error:
            said = error.args[0]
            why = said.decode(errors="replace") if isinstance(said, bytes) else str(error)
            raise ValueError(f"not a regular expression (RE2): {pattern!r}: {why}") from None
        self._checked.add(pattern)


def found(pattern: str, text: str) -> bool:
    """Say whether a pattern is found in a text; `^` and `$` stand for the ends of a line.

    Args:
        pattern: one that a `Checker` takes.
        text: what to search.
    """
    return _compiled(pattern).search(text.encode(errors="replace").decode()) is not None


@lru_cache(200)
def _compiled(pattern: str) -> re2._Regexp:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(f"(?m){pattern}", options)
