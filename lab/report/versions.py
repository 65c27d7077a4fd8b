"""Several Go versions side by side: a row for each scenario, a column for each version."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lab.plural import counted
from lab.results.model import Compared, Verdict

_GAP = 2


def side_by_side(found: list[Compared], shown: Callable[[Verdict], Text]) -> RenderableType:
    """Lay out the verdicts, and below each scenario what differs; `shown` colours a verdict."""
    versions = list(dict.fromkeys(go for one in found for go in one.verdicts))
    rows = Table(box=None, padding=(0, _GAP, 0, 0), header_style="dim", pad_edge=False)
    rows.add_column("scenario", overflow="fold")
    for go in versions:
        rows.add_column(f"go {go}", overflow="fold")
    for one in found:
        verdicts = [one.verdicts.get(go) for go in versions]
        name = Text(one.name, style="bold yellow" if one.differences else "")
        rows.add_row(name, *(shown(verdict) if verdict else Text("-") for verdict in verdicts))
        for difference in one.differences:
            seen = [difference.by_go.get(go, "") or "-" for go in versions]
            rows.add_row(Text(f"  {difference.what}", style="dim"), *map(Text, seen))
    differing = sum(bool(one.differences) for one in found)
    said = f"differing between Go versions: {differing} of {counted(len(found), 'scenario')}"
    return Group(rows, Text(said, style="bold" if differing else "dim"))
