"""What the marker `golab` means, once a test has it; see `golab.pytest_plugin`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import pytest

from faults.nearest import nearest
from lab.errors import GolabError, UsageError
from lab.replay.arms import arms
from lab.results.model import ArmName
from lab.scenario.load import Run, of_family, select

if TYPE_CHECKING:
    from lab.api.lab import OpenLab
    from lab.api.open import AnyWorld
    from lab.api.warm import WarmLabs


@dataclass(frozen=True)
class Wanted:
    """One lab that a test is to have."""

    run: Run | None = None
    arm: ArmName | None = None
    world: AnyWorld | None = None
    faults: Sequence[Mapping[str, Any]] = ()

    def __str__(self) -> str:
        return f"{self.run.name}-{self.arm}" if self.run else "lab"


def wanted(marker: pytest.Mark, test: str) -> list[Wanted]:
    """Return the labs that a marker names.

    Raises:
        pytest.Collector.CollectError: it names what there is not.
    """
    try:
        return _wanted(*marker.args, **marker.kwargs)
    except (GolabError, TypeError) as error:
        said = str(error).replace("_wanted()", "it")
        raise pytest.Collector.CollectError(f"{test}: the marker golab: {said}") from None


def _wanted(
    *scenarios: str | os.PathLike[str],
    arm: ArmName | None = None,
    family: str | None = None,
    all: bool = False,  # noqa: A002 - as the command line has it
    skip_slow: bool = False,
    world: AnyWorld | None = None,
    faults: Sequence[Mapping[str, Any]] = (),
) -> list[Wanted]:
    if arm is not None and arm not in get_args(ArmName):
        raise UsageError(f"there is no arm {arm!r}{nearest(str(arm), get_args(ArmName))}")
    if scenarios and (family or all):
        raise UsageError("name scenarios, or say family or all, but not both")
    runs = select(os.fspath(scenario) for scenario in scenarios)
    if family or all:
        runs = [run for loaded in of_family(family) for run in loaded.runs()]
    if not runs:
        if arm is not None:
            raise UsageError(f"the {arm} arm of which scenario?")
        return [Wanted(world=world, faults=faults)]
    found = [
        Wanted(run, one.name, world, faults)
        for run in runs
        for one in arms(run.scenario)
        if arm in (one.name, None) and not (skip_slow and run.scenario.slow)
    ]
    if not found:
        raise UsageError(f"none of {', '.join(run.name for run in runs)} has such an arm")
    return found


def opened(labs: WarmLabs, wish: Wanted) -> OpenLab:
    """Open a lab for a test; what is wrong is a line, and no traceback of golab's."""
    __tracebackhide__ = True
    try:
        _, toolchain = labs.place()
        unfit = wish.run.uncovered(toolchain.version) if wish.run else ""
        if not unfit:
            return labs.open(wish.run, wish.arm, world=wish.world, faults=wish.faults)
    except GolabError as error:
        problem = str(error)
    else:
        pytest.skip(f"{wish}: {unfit}")
    pytest.fail(f"golab: {problem}", pytrace=False)
