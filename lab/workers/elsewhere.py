"""A session whose labs are elsewhere: wherever an executor has its work done."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Executor, Future
from pathlib import Path

import lab
from lab.diagnostics.interface import Diagnostic
from lab.errors import LabError
from lab.go.toolchain import Progress, Toolchain, named
from lab.replay.outcomes import Looking
from lab.results.model import RunResult
from lab.sandbox.interface import LabHandle, LabSpec
from lab.scenario.load import Run
from lab.session import Replay
from lab.workers.job import Job, packed, perform

_GLANCE = 2.0
"""Seconds after which somebody who waits for a result looks whether one can still come."""

End = Callable[[str], None]
"""Has all workers end the labs of a session: `lab.workers.job.end`, on each of them."""


class Elsewhere:
    """A backend whose labs cannot be reached from here, but runs be replayed in.

    Args:
        executor: has functions called on the workers; they and their arguments are pickled.
        end: called once, when this is closed.
        backend: where the labs are, on each worker.
        jobs: how many runs to have there at a time.
    """

    def __init__(self, executor: Executor, end: End, backend: str = "auto", jobs: int = 1) -> None:
        self.name = backend
        self.session = secrets.token_hex(8)
        self._executor = executor
        self._end = end
        self._backend = backend
        self._pending: set[Future[str]] = set()
        self._lock = threading.Lock()
        self._closed = False
        self.jobs = jobs

    def toolchain(self, version: str | None = None, progress: Progress | None = None) -> Toolchain:
        """Return the name of a toolchain, which is on the workers, or fetched there.

        Raises:
            UsageError: it is no Go version.
        """
        return Toolchain(named(version), Path())

    def warm(self, toolchain: Toolchain, progress: Progress | None = None) -> None:
        """Do nothing: a worker compiles the standard library when it has the first use of it."""

    def start(self, spec: LabSpec) -> LabHandle:
        """Refuse: only whole runs can be had elsewhere."""
        raise LabError("the labs are on workers, and cannot be opened from here")

    def replayer(
        self, *, seed: int, looking: Looking = "recorded", tools: Sequence[Diagnostic] = ()
    ) -> Replay:
        """Return what has a run replayed by a worker; see `lab.session.Session`.

        It raises:
            UsageError: a worker has another golab.
            UnfitError: a worker cannot run labs.
            LabError: the workers are gone, or this was closed meanwhile.
        """

        def replay(run: Run, toolchain: Toolchain, observe: Callable[[str], None]) -> RunResult:
            observe("on a worker")
            return self._replayed(
                Job(self.session, run, toolchain.version, self._backend, seed, looking, tools)
            )

        return replay

    def _replayed(self, job: Job) -> RunResult:
        with self._lock:
            if self._closed:
                raise LabError("golab is ending, and has no more runs replayed")
            if why := self.gone():
                raise LabError(why)
            future = self._executor.submit(perform, lab.__version__, packed(job))
            self._pending.add(future)
        try:
            text = self._result(future)
        except CancelledError:
            raise LabError(self.gone() or "the workers have given the run back") from None
        finally:
            with self._lock:
                self._pending.discard(future)
        result = RunResult.model_validate_json(text)
        self.name = result.backend
        return result

    def _result(self, future: Future[str]) -> str:
        while True:
            try:
                return future.result(_GLANCE)
            except TimeoutError:
                if not future.done() and (why := self.gone()):
                    raise LabError(why) from None

    def gone(self) -> str:
        """Say why nothing more can come from the workers; '' if something can."""
        return ""

    def close(self) -> None:
        """Take back what has not begun, and have the workers end their labs."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            pending = list(self._pending)
        if self.gone():
            return
        for future in pending:
            future.cancel()
        self._end(self.session)
