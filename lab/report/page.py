"""Prints for people: to a terminal as wide as it is, to a pipe without trailing blanks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from rich.console import Console, RenderableType


def emit(page: Callable[[int], Iterable[RenderableType]]) -> None:
    """Print what `page` makes for a width in columns."""
    console = Console(highlight=False)
    with console.capture() as captured:
        for part in page(console.width):
            console.print(part)
    for line in captured.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")
