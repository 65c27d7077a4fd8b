"""Replays scenarios for Python programs, as `golab run` does for people."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from lab.diagnostics.alarm import alarm_if as condition
from lab.diagnostics.tool import tools as read_tools
from lab.errors import ScenarioError, UsageError
from lab.go.toolchain import Progress
from lab.results.model import Report, RunResult
from lab.sandbox.choose import open_backend
from lab.scenario.load import Run, load, select
from lab.session import Observer, Session


def run(
    *scenarios: str | os.PathLike[str],
    backend: str = "local",
    go: str | Sequence[str] | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    tools: Sequence[str] = (),
    alarm_if: str = "",
    observer: Observer | None = None,
    progress: Progress | None = None,
) -> Report:
    """Replay scenarios: healthy, broken, repaired, verdict. Nothing is printed.

    Args:
        scenarios: each an `id`, an `id/variant`, or the path of a `.yaml` file;
            `run(*catalogue())` replays everything.
        backend: `local`, `docker`, or `auto`: docker where that is ready, else local.
        go: the Go version, or several, with each of which everything is replayed; by default the
            one on the PATH, or the one that golab fetches.
        seed: fixes every chance; by default another each time, which the report names.
        jobs: how many labs run at a time; by default one for each processor.
        tools: programs that look beside the other diagnostics, as `golab run --tool` has them.
        alarm_if: when they raise an alarm.
        observer: told how it is getting on, from several threads.
        progress: called while a toolchain is fetched: what, bytes so far, bytes in all.

    Returns:
        the report, in the order of `scenarios`; a scenario that went wrong is a run with the
        verdict `error`, and no exception.

    Raises:
        UsageError: a scenario, backend, Go version or tool that there is none of.
        ScenarioError: a file is not valid.
        UnfitError: this machine cannot run labs.
        ToolchainError: there is no Go, and none could be fetched.
    """
    if jobs is not None and jobs < 1:
        raise UsageError(f"jobs: at least 1, not {jobs}")
    runs = select(os.fspath(scenario) for scenario in scenarios)
    if not runs:
        raise UsageError("which scenario? golab.catalogue() has them by id")
    tested = read_tools(tools, alarm_if=condition(alarm_if))
    versions = [go] if isinstance(go, str) or go is None else list(go)
    wanted = [version for version in versions if version is not None]
    labs = len(runs) * len(versions)
    with open_backend(backend, labs=labs, go=wanted) as place:
        found = [place.toolchain(version, progress) for version in versions]
        session = Session(
            place,
            list({toolchain.version: toolchain for toolchain in found}.values()),
            seed=secrets.randbits(32) if seed is None else seed,
            tools=tested,
        )
        return session.run(runs, observer or _Unobserved(), jobs=jobs or os.cpu_count() or 1)


class _Unobserved:
    def started(self, run: Run) -> None:
        pass

    def arm(self, run: Run, arm: str) -> None:
        pass

    def finished(self, run: Run, result: RunResult) -> None:
        pass


def validate(file: str | os.PathLike[str]) -> list[str]:
    """Return what is wrong with a scenario file, each as `file:line:column: what`."""
    try:
        load(Path(file))
    except ScenarioError as error:
        return error.problems
    return []
