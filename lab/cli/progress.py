"""What a terminal shows while work goes on. Nothing at all where there is no terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lab.results import RunResult
from lab.scenario.load import Run
from lab.toolchain import Progress as Report

if TYPE_CHECKING:  # rich takes its time, and a pipe does not need it
    from rich.progress import Progress, TaskID
    from rich.status import Status


class Live:
    """A spinner on standard error that says which runs are in which arm."""

    def __init__(self, total: int, *, shown: bool) -> None:
        self._status: Status | None = None
        if shown and sys.stderr.isatty():
            from rich.status import Status

            from lab.report.console import console

            self._status = Status("starting", console=console(sys.stderr))
        self._total = total
        self._done = 0
        self._doing: dict[str, str] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def started(self, run: Run) -> None:
        """A lab for this run is being started."""
        self._update(run, "starting a lab")

    def arm(self, run: Run, arm: str) -> None:
        """An arm of this run starts."""
        self._update(run, arm)

    def finished(self, run: Run, _result: RunResult) -> None:
        """This run is over."""
        self._update(run, None)

    def stop(self) -> None:
        """Stop drawing: it is over, or somebody else wants the terminal."""
        if self._status:
            self._status.stop()

    def _update(self, run: Run, doing: str | None) -> None:
        with self._lock:
            if doing is None:
                self._doing.pop(run.name, None)
                self._done += 1
            else:
                self._doing[run.name] = doing
            count = f"{self._done}/{self._total}  " if self._total > 1 else ""
            now = ", ".join(f"{name}: {what}" for name, what in self._doing.items())
            if self._status:
                self._status.update(count + now)


@contextmanager
def fetching() -> Iterator[Report]:
    """Show a bar while a toolchain is fetched; it appears only if there is something to fetch."""
    bar: Progress | None = None
    tasks: dict[str, TaskID] = {}

    def progress(what: str, done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = _bar()
            bar.start()
        if what not in tasks:
            tasks[what] = bar.add_task(what, total=total)
            if not bar.console.is_terminal:
                bar.console.print(f"{what} ({total / 1e6:.0f} MB) into golab's cache")
        bar.update(tasks[what], completed=done)

    try:
        yield progress
    finally:
        if bar is not None:
            bar.stop()


def _bar() -> Progress:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    from lab.report.console import console

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    err = console(sys.stderr)
    return Progress(*columns, console=err, disable=not err.is_terminal)
