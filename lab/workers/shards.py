"""Shares the runs of one command out to several machines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from lab.errors import UsageError

if TYPE_CHECKING:
    from lab.scenario.load import Run

MOST = 1000
SEED = 0
"""What fixes every chance in the shards of one whole, if nobody says otherwise."""


class Shard(NamedTuple):
    """One of `of` parts of the runs; the first is 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def shard(text: str) -> Shard:
    """Read `I/N`.

    Raises:
        UsageError: that is no part of a whole.
    """
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    if not found or not 1 <= int(found[1]) <= int(found[2]) <= MOST:
        raise UsageError(f"--shard {text!r}: write I/N, such as 2/4 for the second of four parts")
    return Shard(int(found[1]), int(found[2]))


def share(runs: Sequence[Run], part: Shard) -> list[Run]:
    """Return a part of the runs, in their order: the same whenever they are the same.

    The slow ones and the others are dealt out in turn, so that no part has more than one run, nor
    more than one slow run, beyond another.
    """
    slow = [run.name for run in runs if run.scenario.slow]
    quick = [run.name for run in runs if not run.scenario.slow]
    mine = {name for at, name in enumerate([*slow, *quick]) if at % part.of == part.number - 1}
    return [run for run in runs if run.name in mine]
