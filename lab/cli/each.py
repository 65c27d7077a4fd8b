"""What a command does to several labs, when some of them stand in its way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from lab.cli import say
from lab.errors import OK, GolabError

T = TypeVar("T")


def each(things: Iterable[T], act: Callable[[T], object]) -> int:
    """Act on each, whatever becomes of the others; say at the end what went wrong.

    Returns:
        the worst exit status.
    """
    problems: list[GolabError] = []
    for thing in things:
        try:
            act(thing)
        except GolabError as error:
            problems.append(error)
    for problem in problems:
        say(str(problem))
    return max((problem.exit_status for problem in problems), default=OK)
