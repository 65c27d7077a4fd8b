"""Which scenarios a command is about: some by name, one family, or all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.errors import UsageError

if TYPE_CHECKING:
    from lab.scenario.load import Run


def check_usage(scenarios: tuple[str, ...], *, everything: bool, family: str | None) -> None:
    """Find out before anything is read whether it is said what to replay, and once.

    Raises:
        UsageError: it is not.
    """
    if scenarios and (everything or family):
        raise UsageError("name scenarios, or say --all or --family, but not both")
    if not scenarios and not everything and not family:
        raise UsageError("which scenario? `golab list` shows them; --all means all of them")


def selected(
    scenarios: tuple[str, ...], *, everything: bool, family: str | None, skip_slow: bool
) -> list[Run]:
    """Return what there is to replay.

    Raises:
        UsageError: there is no such scenario or family, or nothing but slow ones.
        ScenarioError: a file is not valid.
    """
    from lab.scenario.load import of_family, select

    if everything or family:
        runs = [run for loaded in of_family(family) for run in loaded.runs()]
    else:
        runs = select(scenarios)
    if skip_slow:
        runs = [run for run in runs if not run.scenario.slow]
        if not runs:
            raise UsageError("all of this is slow; leave out --skip-slow")
    return runs
