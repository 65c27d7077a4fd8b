"""The patterns of a scenario: Python's `re`, line by line, with an end even where it finds none.

A pattern such as `^(a+)+$` can take longer than the universe has, and nothing in this process can
end it. So one that could is tried in a process of its own.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from math import ceil

MAX_LENGTH = 1000
MAX_TOTAL = 20_000
"""Characters of all patterns of a file: some take a millisecond for each few to be compiled."""

_COULD_TAKE_LONG = frozenset("*+?{|")

_SEARCH = """
import ctypes, json, re, resource, signal, sys, warnings
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: it ends with golab
pattern, text, limit = json.load(sys.stdin)
resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
warnings.simplefilter("ignore")
print(json.dumps(bool(re.search(pattern, text, re.MULTILINE))))
"""


class PatternError(Exception):
    """A pattern whose search does not come to an end: what it is, and why not."""


class Checker:
    """Refuses what is no regular expression, for one file."""

    def __init__(self) -> None:
        self._size = 0
        self._checked: set[str] = set()

    def check(self, pattern: str) -> None:
        """Check one pattern.

        Raises:
            ValueError: it is no regular expression, or takes too long to be read.
        """
        if pattern in self._checked:
            return
        if len(pattern) > MAX_LENGTH:
            raise ValueError(f"a regular expression of more than {MAX_LENGTH} characters")
        self._size += len(pattern)
        if self._size > MAX_TOTAL:
            raise ValueError(f"more than {MAX_TOTAL} characters of regular expressions in a file")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about what a later Python may read otherwise
                re.compile(pattern)
        except (re.error, OverflowError) as error:
            raise ValueError(f"not a regular expression: {pattern!r}: {error}") from None
        except RecursionError:
            raise ValueError(f"a regular expression nested too deeply: {pattern!r}") from None
        self._checked.add(pattern)


def found(pattern: str, text: str, limit: float) -> bool:
    """Say whether a pattern is found in a text; `^` and `$` stand for the ends of a line.

    Args:
        pattern: one that a `Checker` takes.
        text: what to search.
        limit: seconds of the processor that the search may take.

    Raises:
        PatternError: it takes longer, or too much memory.
    """
    if _COULD_TAKE_LONG.isdisjoint(pattern):
        return bool(re.search(pattern, text, re.MULTILINE))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _SEARCH],
        input=json.dumps([pattern, text, ceil(limit)]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode < 0:
        raise PatternError(f"the pattern {pattern!r} does not finish within {limit:g} s")
    if done.returncode:
        raise PatternError(f"the pattern {pattern!r} takes more than 1 GiB of memory")
    return bool(json.loads(done.stdout))
