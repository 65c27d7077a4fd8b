"""The ledger for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from lab.claims.results import Ledger
from lab.plural import counted
from lab.report.page import emit, table

_STYLES = {"holds": "green", "refuted": "red", "error": "bold red", "undecided": "bold red"}


def print_ledger(found: Ledger) -> None:
    """Print a row for each claim, and the sum of them."""
    emit(lambda width: _page(found, width))


def _page(found: Ledger, width: int) -> Iterator[RenderableType]:
    rows = [
        (
            Text(entry.id),
            Text(entry.verdict, style=_STYLES.get(entry.verdict, "yellow")),
            entry.silent,
            entry.says + (f" [{entry.condition}]" if entry.condition else ""),
        )
        for entry in found.entries
    ]
    yield table(("id", "verdict", "silent", "claim"), rows, width, wraps="claim")
    counts = Counter(entry.verdict for entry in found.entries)
    sums = ", ".join(f"{number} {verdict}" for verdict, number in counts.most_common())
    goes = f" (go {', '.join(found.go)})" if found.go else ""
    yield Text(f"{counted(len(found.entries), 'claim')}: {sums}{goes}", style="bold")
