"""Replays a selection of scenarios, several labs at a time, and gathers the report."""

from __future__ import annotations

import datetime
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol

import lab
from lab.comparison import compared
from lab.errors import GolabError, LabError, UnfitError, UsageError
from lab.labs import start
from lab.replay.replay import about, replay
from lab.results import Report, RunResult, Verdict, totals
from lab.sandbox.interface import Backend
from lab.scenario.load import Run
from lab.toolchain import Toolchain


class Observer(Protocol):
    """What wants to know how a session is getting on. Called from several threads."""

    def started(self, run: Run) -> None:
        """A lab for this run is being started."""

    def arm(self, run: Run, arm: str) -> None:
        """An arm of this run starts."""

    def finished(self, run: Run, result: RunResult) -> None:
        """This run is over."""


Replay = Callable[[Run, Toolchain, Callable[[str], None]], RunResult]
"""Replays one run with one toolchain, and calls the function with the name of each arm."""


class Session:
    """Everything that the runs of one command share; each is replayed with every toolchain."""

    def __init__(
        self,
        backend: Backend,
        toolchains: Sequence[Toolchain],
        *,
        seed: int,
        replay: Replay | None = None,
    ) -> None:
        self.backend = backend
        self.toolchains = toolchains
        self.seed = seed
        self._replay = replay or self._in_a_lab_of_ours
        self._started = datetime.datetime.now(datetime.UTC)
        self._clock = time.monotonic()
        self._cancelled = threading.Event()
        self._fit = False
        self._finished: dict[tuple[str, str], RunResult] = {}

    def run(self, runs: Sequence[Run], observer: Observer, *, jobs: int = 1) -> Report:
        """Replay all of `runs`, at most `jobs` at a time.

        The results keep the order of `runs`, and for each that of the toolchains. An interrupt
        ends every lab before it goes on its way; `interrupted` then says what was finished.
        """
        found = [self._all(runs, toolchain, observer, jobs) for toolchain in self.toolchains]
        return self.report([result for each in zip(*found, strict=True) for result in each])

    def interrupted(self, runs: Sequence[Run]) -> Report:
        """Return what `run` had finished of `runs`, in their order, and the names of the others."""
        keys = [(run.name, go.version) for run in runs for go in self.toolchains]
        several = len(self.toolchains) > 1
        unfinished = [
            f"{name} (go {go})" if several else name
            for name, go in keys
            if (name, go) not in self._finished
        ]
        found = [self._finished[key] for key in keys if key in self._finished]
        return self.report(found).model_copy(update={"unfinished": unfinished})

    def _all(
        self, runs: Sequence[Run], toolchain: Toolchain, observer: Observer, jobs: int
    ) -> list[RunResult]:
        if jobs == 1 or len(runs) == 1:
            return [self._one(run, toolchain, observer) for run in runs]
        with self._pool(jobs) as pool:
            pending: list[Future[RunResult]] = [
                pool.submit(self._one, run, toolchain, observer) for run in runs
            ]
            return [future.result() for future in pending]

    @contextmanager
    def _pool(self, jobs: int) -> Iterator[ThreadPoolExecutor]:
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="lab")
        try:
            yield pool
        except BaseException:
            self._cancelled.set()
            pool.shutdown(wait=False, cancel_futures=True)
            self.backend.close()
            raise
        finally:
            pool.shutdown(wait=True)

    def _one(self, run: Run, toolchain: Toolchain, observer: Observer) -> RunResult:
        if self._cancelled.is_set():
            raise LabError("cancelled")
        observer.started(run)
        began = time.monotonic()
        try:
            if skipped := run.uncovered(toolchain.version):
                result = self._unseen(run, toolchain, "skipped", skipped)
            else:
                result = self._replay(run, toolchain, lambda arm: observer.arm(run, arm))
                self._fit = True
        except Exception as error:
            # Where not even one lab has come up, no other will do better.
            hopeless = isinstance(error, UnfitError | UsageError) and not self._fit
            if self._cancelled.is_set() or hopeless:
                raise
            took = time.monotonic() - began
            result = self._unseen(run, toolchain, "error", _said(error), took)
        if self._cancelled.is_set():  # its lab was ended under it
            raise LabError("cancelled")
        self._finished[run.name, toolchain.version] = result
        observer.finished(run, result)
        return result

    def _in_a_lab_of_ours(
        self, run: Run, toolchain: Toolchain, observe: Callable[[str], None]
    ) -> RunResult:
        world = run.scenario.world
        with start(self.backend, toolchain, name=run.name, world=world) as (lab_, spec):
            self._fit = True
            name, seed = self.backend.name, self.seed
            return replay(run, lab_, spec, backend=name, seed=seed, observe=observe)

    def _unseen(
        self, run: Run, toolchain: Toolchain, verdict: Verdict, reason: str, seconds: float = 0
    ) -> RunResult:
        return RunResult(
            **about(run),
            go=toolchain.version,
            backend=self.backend.name,
            verdict=verdict,
            reason=reason,
            seconds=round(seconds, 3),
        )

    def report(self, results: Sequence[RunResult]) -> Report:
        """Gather results into a report."""
        seconds = round(time.monotonic() - self._clock, 3)
        return Report(
            schema="golab.report/1",
            golab=lab.__version__,
            backend=self.backend.name,
            seed=self.seed,
            started=self._started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            seconds=seconds,
            runs=list(results),
            compared=compared(results),
            totals=totals(list(results), seconds),
        )


def _said(error: Exception) -> str:
    """Say in one line what went wrong with a run."""
    if isinstance(error, GolabError):
        return " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"golab itself: {where}{error.strerror.lower()}"
    return f"a defect of golab: {type(error).__name__}: {error}"
