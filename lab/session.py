"""Replays a selection of scenarios, several labs at a time, and gathers the report."""

from __future__ import annotations

import datetime
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import lab
from lab.diagnostics.interface import Diagnostic
from lab.errors import LabError, UnfitError, UsageError, in_a_line
from lab.go.toolchain import Toolchain
from lab.labs import start_for
from lab.replay.outcomes import Looking
from lab.replay.replay import about, replay
from lab.results.comparison import compared
from lab.results.model import Report, RunResult, Verdict, repeated, totals
from lab.sandbox.interface import Backend
from lab.scenario.load import Run


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


@dataclass
class _Tally:
    """What one run came to with one Go, time after time.

    Only the first result and those of another verdict are kept whole: each is some 100 kB.
    """

    kept: list[RunResult] = field(default_factory=list)
    verdicts: Counter[Verdict] = field(default_factory=Counter)

    def add(self, result: RunResult) -> None:
        self.verdicts[result.verdict] += 1
        if not self.kept or result.verdict != self.kept[0].verdict:
            self.kept.append(result)


class Session:
    """Everything that the runs of one command share; each is replayed with every toolchain.

    Args:
        backend: where the labs are.
        toolchains: one or more.
        seed: fixes every chance.
        repeat: how often each run is replayed with each toolchain.
        replay: what replays a run, if not in a lab of the session's own.
        looking: which diagnostics look.
        tools: strangers' programs that look, too.
    """

    def __init__(
        self,
        backend: Backend,
        toolchains: Sequence[Toolchain],
        *,
        seed: int,
        repeat: int = 1,
        replay: Replay | None = None,
        looking: Looking = "recorded",
        tools: Sequence[Diagnostic] = (),
    ) -> None:
        self.backend = backend
        self.toolchains = toolchains
        self.seed = seed
        self.repeat = repeat
        self.looking = looking
        self.tools = tools
        self._replay = replay or self._in_a_lab_of_ours
        self._started = datetime.datetime.now(datetime.UTC)
        self._clock = time.monotonic()
        self._cancelled = threading.Event()
        self._fit = False
        self._lock = threading.Lock()
        self._finished: dict[tuple[str, str], _Tally] = {}

    def run(self, runs: Sequence[Run], observer: Observer, *, jobs: int = 1) -> Report:
        """Replay all of `runs`, at most `jobs` at a time; the slow ones begin first.

        With several jobs the slow ones, which mostly wait, run beside the others, twice as many at
        a time. The results keep the order of `runs`, and for each that of the toolchains. An
        interrupt ends every lab before it goes on its way; `interrupted` then says what was
        finished.
        """
        every = [(run, go) for _ in range(self.repeat) for run in runs for go in self.toolchains]
        slow = [task for task in every if task[0].scenario.slow]
        quick = [task for task in every if not task[0].scenario.slow]
        if jobs == 1 or len(every) == 1:
            for run, go in [*slow, *quick]:
                self._one(run, go, observer)
        else:
            with self._pool(2 * jobs) as beside, self._pool(jobs) as pool:
                pending = [beside.submit(self._one, *task, observer) for task in slow]
                pending += [pool.submit(self._one, *task, observer) for task in quick]
                for future in pending:
                    future.result()
        return self.report(self._keys(runs))

    def interrupted(self, runs: Sequence[Run]) -> Report:
        """Return what `run` had finished of `runs`, in their order, and the names of the others."""
        several = len(self.toolchains) > 1
        unfinished = []
        for name, go in self._keys(runs):
            tally = self._finished.get((name, go))
            if not tally or tally.verdicts.total() < self.repeat:
                unfinished.append(f"{name} (go {go})" if several else name)
        return self.report(self._keys(runs)).model_copy(update={"unfinished": unfinished})

    def _keys(self, runs: Sequence[Run]) -> list[tuple[str, str]]:
        return [(run.name, go.version) for run in runs for go in self.toolchains]

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

    def _one(self, run: Run, toolchain: Toolchain, observer: Observer) -> None:
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
            result = self._unseen(run, toolchain, "error", in_a_line(error), took)
        if self._cancelled.is_set():  # its lab was ended under it
            raise LabError("cancelled")
        with self._lock:
            self._finished.setdefault((run.name, toolchain.version), _Tally()).add(result)
        observer.finished(run, result)

    def _in_a_lab_of_ours(
        self, run: Run, toolchain: Toolchain, observe: Callable[[str], None]
    ) -> RunResult:
        with start_for(run, self.backend, toolchain) as (lab_, spec):
            self._fit = True
            return replay(
                run,
                lab_,
                spec,
                backend=self.backend.name,
                seed=self.seed,
                observe=observe,
                looking=self.looking,
                tools=self.tools,
            )

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

    def report(self, keys: Sequence[tuple[str, str]]) -> Report:
        """Gather what was finished of these runs, each a name and a Go version, into a report."""
        seconds = round(time.monotonic() - self._clock, 3)
        found = [self._finished[key] for key in keys if key in self._finished]
        firsts = [tally.kept[0] for tally in found]
        verdicts = sum((tally.verdicts for tally in found), Counter[Verdict]())
        again = [repeated(tally.kept[0], tally.verdicts) for tally in found]
        return Report(
            schema="golab.report/1",
            golab=lab.__version__,
            backend=self.backend.name,
            seed=self.seed,
            started=self._started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            seconds=seconds,
            runs=[result for tally in found for result in tally.kept],
            compared=compared(firsts),
            repeated=again if self.repeat > 1 else [],
            totals=totals(firsts, seconds, verdicts),
        )
