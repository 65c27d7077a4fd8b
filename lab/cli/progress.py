"""What standard error shows while work goes on."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

import click

from lab.go.toolchain import Progress as Report
from lab.report.visible import visible
from lab.results.model import RunResult
from lab.scenario.load import Run

if TYPE_CHECKING:  # rich takes its time, and a pipe does not need it
    from rich.console import RenderableType
    from rich.live import Live as _Screen
    from rich.progress import Progress, TaskID


class Live:
    """Shows on standard error how the runs of a session are getting on.

    On a terminal: what has finished, and below that how much is left and which run is in which arm;
    all of it makes way for the report. Elsewhere: a line for each run of several, as it finishes.
    """

    def __init__(self, total: int, *, several_go: bool = False) -> None:
        self._total = total
        self._several_go = several_go
        self._done: list[RunResult] = []
        self._doing: dict[int, tuple[str, str]] = {}  # by the thread that does it
        self._lock = threading.Lock()
        self._screen: _Screen | None = None
        if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            from rich.live import Live as _Screen
            from rich.spinner import Spinner

            from lab.report.console import console

            self._spinner = Spinner("dots")
            self._console = console(sys.stderr)
            self._bar = _runs_bar()
            self._runs = self._bar.add_task("", total=total)
            self._screen = _Screen(
                console=self._console,
                get_renderable=self._view,
                transient=True,
                redirect_stdout=False,
            )

    def __enter__(self) -> Self:
        if self._screen:
            self._screen.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def started(self, run: Run) -> None:
        """A lab for this run is being started."""
        self.arm(run, "starting a lab")

    def arm(self, run: Run, arm: str) -> None:
        """An arm of this run starts."""
        with self._lock:
            self._doing[threading.get_ident()] = (run.name, arm)

    def finished(self, run: Run, result: RunResult) -> None:
        """This run is over."""
        with self._lock:
            self._doing.pop(threading.get_ident(), None)
            self._done.append(result)
            if self._screen:
                self._bar.advance(self._runs)
            if not self._screen and self._total > 1:
                said = f"{self._name(result)}: {result.verdict} ({result.seconds:.1f} s)"
                if result.verdict != "reproduced" and result.reason:
                    said += f": {result.reason}"
                with contextlib.suppress(OSError):  # nobody can be told
                    said = f"golab: {len(self._done)} of {self._total}: {said}"
                    click.echo(visible(said), err=True)

    def say(self, text: str) -> None:
        """Print a line that stays, above what goes on."""
        text = visible(text)
        with self._lock, contextlib.suppress(OSError):  # nobody can be told
            if self._screen:
                self._console.print(text, markup=False, highlight=False, soft_wrap=True)
            else:
                click.echo(f"golab: {text}", err=True)

    def stop(self) -> None:
        """Stop drawing: it is over, or somebody else wants the terminal."""
        if self._screen:
            self._screen.stop()

    def _name(self, result: RunResult) -> str:
        return f"{result.name} (go {result.go})" if self._several_go else result.name

    def _view(self) -> RenderableType:
        """Return what the screen shows: the last of what has finished, and what is going on."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        from lab.report.terminal import verdict

        rows = Table.grid(padding=(0, 2, 0, 0))
        with self._lock:
            for result in self._done[-max(self._console.height - 4, 1) :]:
                rows.add_row(self._name(result), verdict(result), f"{result.seconds:.1f} s")
            doing = ", ".join(f"{name}: {what}" for name, what in self._doing.values())
            self._spinner.text = Text(doing or ("" if self._done else "starting"))
        parts: list[RenderableType] = [rows] if rows.row_count else []
        if self._total > 1:
            parts.append(self._bar)
        return Group(*parts, self._spinner)


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


def _runs_bar() -> Progress:
    """Return a bar of how many runs are over; it is drawn by who shows it."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    left = (TimeRemainingColumn(), TextColumn("left,"), TimeElapsedColumn(), TextColumn("so far"))
    return Progress(BarColumn(), MofNCompleteColumn(), *left, auto_refresh=False)


def _bar() -> Progress:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    from lab.report.console import console

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    err = console(sys.stderr)
    return Progress(*columns, console=err, disable=not err.is_terminal)
