"""Data that was read from a file, with the place of each value, and what is wrong with it.

Every complaint about a file can so say file:line:column; `faults.yamlsource` reads them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Loc = tuple[str | int, ...]

MAX_PROBLEMS = 100
"""So many are worth reading; what is wrong after them is seen once these are mended."""

_LONGEST_MESSAGE = 500


class Problem(NamedTuple):
    """One complaint and its place: line and column count from 1, line 0 is of no file."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        if not self.line:
            return f"{self.file}: {self.message}"
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class SourceError(ValueError):
    """A file that cannot be used; one line per problem, of which there are at most MAX_PROBLEMS."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = first(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def first(problems: Iterable[Problem]) -> list[Problem]:
    """Return so many as MAX_PROBLEMS, by their places, each once; the last says if there are more.

    No others are looked for.
    """
    found = list(itertools.islice(problems, MAX_PROBLEMS + 1))
    listed = sorted(dict.fromkeys(found[:MAX_PROBLEMS]), key=lambda one: (one.line, one.column))
    if len(found) > MAX_PROBLEMS:
        listed.append(listed[-1]._replace(message=f"and more; mend these {len(listed)} first"))
    return listed


def shortened(message: str) -> str:
    """Return a message without most of the middle if it is too long for anybody to read."""
    if len(message) <= _LONGEST_MESSAGE:
        return message
    return f"{message[: _LONGEST_MESSAGE // 2]} … {message[-_LONGEST_MESSAGE // 4 :]}"


@dataclass(frozen=True)
class Source:
    """The data of a YAML file and where each part of it stands; nowhere, if it has no file."""

    file: str
    data: Any
    values: Mapping[Loc, tuple[int, int]]
    keys: Mapping[Loc, tuple[int, int]]

    def place(self, loc: Iterable[str | int]) -> Loc:
        """Return the parts of `loc` that the data really has; the others lead nowhere."""
        here: Loc = ()
        data = self.data
        for part in loc:
            inside = part in data if isinstance(data, dict) else _is_index(data, part)
            if inside or (*here, part) in self.keys:
                here = (*here, part)
                data = data[part] if inside else None
        return here

    def problem(self, loc: Iterable[str | int], message: str, *, key: bool = False) -> Problem:
        """Place `message` at `loc`, or at the nearest enclosing value the data really has."""
        here = self.place(loc)
        message = shortened(message)
        if not self.values:
            path = shortened(".".join(map(str, here)))
            return Problem(self.file, 0, 0, f"{path}: {message}" if path else message)
        marks = self.keys if key and here in self.keys else self.values
        line, column = marks.get(here, (1, 1))
        return Problem(self.file, line, column, message)


def _is_index(data: Any, part: str | int) -> bool:
    return isinstance(data, list) and isinstance(part, int) and part < len(data)
