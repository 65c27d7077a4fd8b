"""The one place where rich's consoles are made: how wide they are, in a terminal and in a pipe."""

from __future__ import annotations

import os
from typing import TextIO

from rich.console import Console

UNBOUNDED = 100_000
"""The width, in columns, of what has none: nothing is wrapped in a pipe or a file."""

_NARROWEST = 20
_USUAL = (80, 25)


def console(stream: TextIO) -> Console:
    """Return a console that writes to `stream`.

    It is as wide as $COLUMNS says, if that is a number above 0; otherwise as wide as the terminal,
    and `UNBOUNDED` where there is none.
    """
    columns, lines = _size(stream) if stream.isatty() else (UNBOUNDED, _USUAL[1])
    return Console(  # always of a size: rich itself believes a COLUMNS of 0, and stumbles over `²`
        file=stream,
        highlight=False,
        markup=False,  # what comes from files is text: `[red]` and `:x:` mean nothing
        emoji=False,
        width=_asked("COLUMNS") or columns,
        height=_asked("LINES") or lines,
    )


def _asked(name: str) -> int | None:
    """Return what the environment asks for; None if that is nothing to go by."""
    text = os.environ.get(name, "")
    if not text.isascii() or not text.isdigit() or not 0 < len(text.lstrip("0")) < 7:
        return None
    return max(int(text), _NARROWEST) if name == "COLUMNS" else int(text)


def _size(stream: TextIO) -> tuple[int, int]:
    try:
        found = os.get_terminal_size(stream.fileno())
    except OSError:
        return _USUAL
    return found.columns or _USUAL[0], found.lines or _USUAL[1]
