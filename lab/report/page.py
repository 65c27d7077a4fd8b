"""Prints for people: to a terminal as wide as it is, to a pipe without trailing blanks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.report.console import console

_GAP = 2
_READABLE = 24

STYLES = {
    "reproduced": "bold green",
    "changed": "bold yellow",
    "invalid": "bold red",
    "error": "bold red",
    "detected": "green",
    "right": "green",
    "miss": "red",
    "false-alarm": "yellow",
    "alarm": "bold",
    "quiet": "dim",
    "unavailable": "dim",
}


def state(said: str) -> Text:
    """Return what a diagnostic said in an arm, in the word and the style for it."""
    shown = {"unavailable": "-", "alarm": "ALARM"}.get(said, said)
    return Text(shown, style=STYLES.get(said, ""))


def outcome(worth: str) -> Text:
    """Return what a diagnostic is worth, in its style."""
    return Text(worth, style=STYLES.get(worth, "bold red"))


def emit(page: Callable[[int], Iterable[RenderableType]]) -> None:
    """Print what `page` makes for a width in columns."""
    out = console(sys.stdout)
    with out.capture() as captured:
        for part in page(out.width):
            out.print(part)
    for line in captured.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")


def indented(text: Text) -> RenderableType:
    """Lay out text below that to which it belongs."""
    return Padding(text, (0, 0, 0, 6), expand=False)


def table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    width: int,
    *,
    wraps: str | None = None,
) -> RenderableType:
    """Lay rows out in columns; where there is no room for that, each cell on a line of its own.

    Args:
        headers: one for each column; the first column says what a row is about.
        rows: the cells.
        width: of the terminal, in columns.
        wraps: the header of the column whose cells may take several lines; None: none may.
    """
    fixed = sum(
        max(len(header), *(len(row[place]) for row in rows), 0) + _GAP
        for place, header in enumerate(headers)
        if header != wraps
    )
    needed = 0
    if wraps is not None:
        longest = max((len(row[headers.index(wraps)]) for row in rows), default=0)
        needed = min(_READABLE, max(longest, len(wraps)))
    if width - fixed < needed - (_GAP if wraps is None else 0):
        return Group(*(_stacked(headers, row) for row in rows))
    found = Table(box=None, padding=(0, _GAP, 0, 0), header_style="dim", pad_edge=False)
    for header in headers:
        if header == wraps:
            found.add_column(header, overflow="fold", ratio=1)
        else:
            found.add_column(header, no_wrap=True)
    for row in rows:
        found.add_row(*row)
    return found


def _stacked(headers: Sequence[str], row: Sequence[str | Text]) -> RenderableType:
    cells = Table.grid()
    cells.add_column(width=max(map(len, headers[1:])) + _GAP, style="dim")
    cells.add_column(overflow="fold")
    for header, cell in zip(headers[1:], row[1:], strict=True):
        cells.add_row(header, cell)
    return Group(row[0], Padding(cells, (0, 0, 0, _GAP), expand=False))
