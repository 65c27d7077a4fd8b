"""What a worker does: it replays one run in a lab of its own machine.

A worker keeps what the runs of one session share, a backend with its processes and the Go
toolchains, until it is told that the session is over, or has heard nothing of it for a while.
"""

from __future__ import annotations

import contextlib
import pickle
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import lab
from lab.diagnostics.interface import Diagnostic
from lab.errors import LabError, UsageError
from lab.go.toolchain import Toolchain
from lab.labs import compiles
from lab.replay.outcomes import Looking
from lab.results.model import RunResult
from lab.sandbox.choose import open_backend
from lab.sandbox.interface import Backend
from lab.scenario.load import Run
from lab.session import Session

_IDLE = 120.0
"""Seconds after the last run of a session after which its place is closed: nobody may be left to
say that it is over."""


@dataclass(frozen=True)
class Job:
    """One run to be replayed.

    Attributes:
        session: an id; what is kept of one is of no use to another.
        run: what is replayed.
        go: the version of its toolchain.
        backend: where the lab is; see `lab.sandbox.choose.BACKENDS`.
        seed: fixes every chance.
        looking: which diagnostics look.
        tools: strangers' programs that look, too.
    """

    session: str
    run: Run
    go: str
    backend: str
    seed: int
    looking: Looking
    tools: Sequence[Diagnostic] = ()


def packed(job: Job) -> bytes:
    """Return a job as it travels: nobody looks into it before `perform` has seen whose it is."""
    return pickle.dumps(job)


def version() -> str:
    """Return the version of golab here."""
    return lab.__version__


def perform(golab: str, data: bytes) -> str:
    """Replay one run here.

    Args:
        golab: the version of whoever asks.
        data: a job, as `packed` made it.

    Returns:
        the `lab.results.model.RunResult`, as JSON.

    Raises:
        UsageError: this worker has another golab.
        UnfitError: this machine cannot run labs.
        LabError: the session is over.
    """
    if golab != lab.__version__:
        raise UsageError(f"a worker has golab {lab.__version__}, and this is {golab}")
    job: Job = pickle.loads(data)  # noqa: S301 - from whoever runs this cluster
    with _PLACES.of(job.session) as place:
        result = place.replay(job)
    return result.model_dump_json(by_alias=True)


def end(session: str) -> None:
    """End every lab of a session here, and start no more."""
    _PLACES.end(session)


class _Place:
    """What the runs of one session share on a worker."""

    def __init__(self) -> None:
        self.busy = 0
        self.idle: threading.Timer | None = None
        self._open = contextlib.ExitStack()
        self._backend: Backend | None = None
        self._toolchains: dict[str, Toolchain] = {}
        self._warm: set[str] = set()
        self._lock = threading.Lock()
        self._closed = False

    def replay(self, job: Job) -> RunResult:
        backend, toolchain = self._ready(job)
        session = Session(backend, [toolchain], seed=job.seed, looking=job.looking, tools=job.tools)
        (result,) = session.run([job.run], _Nobody()).runs
        self._check()  # its lab may have been ended under it
        return result

    def close(self) -> None:
        self._closed = True
        if self._backend:
            self._backend.close()  # at once, whoever is at work
        with self._lock:
            self._open.close()

    def _check(self) -> None:
        if self._closed:
            raise LabError("the session is over")

    def _ready(self, job: Job) -> tuple[Backend, Toolchain]:
        """Return the backend and the toolchain for a job, which others wait for meanwhile."""
        with self._lock:
            self._check()
            if self._backend is None:
                self._backend = self._open.enter_context(open_backend(job.backend, labs=2))
            if job.go not in self._toolchains:
                self._toolchains[job.go] = self._backend.toolchain(job.go)
            toolchain = self._toolchains[job.go]
            if job.go not in self._warm and compiles(job.run.scenario):
                self._backend.warm(toolchain)
                self._warm.add(job.go)
            return self._backend, toolchain


class _Places:
    """The places of all sessions, by their ids."""

    def __init__(self) -> None:
        self._found: dict[str, _Place] = {}
        self._over: set[str] = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def of(self, session: str) -> Iterator[_Place]:
        with self._lock:
            if session in self._over:
                raise LabError("the session is over")
            place = self._found.setdefault(session, _Place())
            place.busy += 1
            if place.idle:
                place.idle.cancel()
        try:
            yield place
        finally:
            with self._lock:
                place.busy -= 1
                if not place.busy:
                    place.idle = threading.Timer(_IDLE, self._forget, (session, place))
                    place.idle.daemon = True
                    place.idle.start()

    def end(self, session: str) -> None:
        with self._lock:
            self._over.add(session)
            place = self._found.pop(session, None)
        if place:
            place.close()

    def _forget(self, session: str, place: _Place) -> None:
        with self._lock:
            if place.busy or self._found.get(session) is not place:
                return
            del self._found[session]
        place.close()


class _Nobody:
    """Watches a session, and says nothing of it."""

    def started(self, run: Run) -> None: ...

    def arm(self, run: Run, arm: str) -> None: ...

    def finished(self, run: Run, result: RunResult) -> None: ...


_PLACES = _Places()
