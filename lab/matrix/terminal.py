"""The matrix for a person at a terminal: its sums, a family run by run, or one scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from lab.matrix.model import GROUPS, Group, GroupName, Matrix, Row, Score
from lab.plural import counted
from lab.report.page import STYLES, emit, table
from lab.report.visible import visible_parts
from lab.results.model import Outcome

MARKS = {"documented": "", "mended": "~", "golab": "*", "tool": "+"}
LEGEND = "* golab's own; ~ the nearest form that works of a documented one; + a tool"
_COUNTED = "false: alarms that are not the failure's; controls: alarms in a healthy set-up"
_HEADS: dict[GroupName, str] = {
    "three-lines": "3 lines",
    "documented": "documented",
    "mended": "mended",
    "golab": "golab",
    "tool": "tools",
}


def print_matrix(found: Matrix, *, in_full: bool) -> None:
    """Print sums of all; or, `in_full`, what noticed each run."""
    shown = visible_parts(found)
    emit(lambda width: _runs(shown, width) if in_full else _sums(shown, width))


def print_scenario(found: Matrix) -> None:
    """Print, for each run of a scenario, what all diagnostics are worth for it."""
    shown = visible_parts(found)
    emit(lambda _: _each(shown))


def _sums(found: Matrix, width: int) -> Iterator[RenderableType]:
    headers = ("diagnostic", "detects", "recall", "misses", "false", "controls", "cannot")
    yield table(headers, [_score(one) for one in _best_first(found.diagnostics)], width)
    yield Text(LEGEND, style="dim")
    yield Text(_COUNTED, style="dim")
    yield Text()
    yield from _families(found, width)
    yield Text()
    yield from headline(found, width)


def _best_first(scores: Sequence[Score]) -> list[Score]:
    return sorted(scores, key=lambda one: (-one.detected, one.false_alarms, one.id))


def _score(one: Score) -> tuple[str | Text, ...]:
    return (
        Text(f"{MARKS[one.origin]}{one.id}", "cyan"),
        str(one.detected),
        percent(one.detected, one.failures),
        str(one.missed),
        str(one.failures_with_false_alarm),
        str(one.controls_with_false_alarm),
        str(one.unavailable + one.errors or "-"),
    )


def _families(found: Matrix, width: int) -> Iterator[RenderableType]:
    groups = found.groups
    headers = ("detected", "failures", *(_HEADS[one.name] for one in groups))
    rows: list[tuple[str | Text, ...]] = []
    for family in sorted({row.family for row in found.rows if row.is_failure}):
        of_it = [row for row in found.rows if row.family == family and row.is_failure]
        noticed = (str(sum(bool(_of(row, one, "detected")) for row in of_it)) for one in groups)
        rows.append((Text(family), str(len(of_it)), *noticed))
    yield table(headers, rows, width)
    yield Text("golab matrix --family FAMILY shows it run by run", style="dim")


def headline(found: Matrix, width: int) -> Iterator[RenderableType]:
    """Yield what the groups are worth, the articles' three lines before golab's own probes."""
    headers = ("", "detect", "silent ones", "false alarms", "controls")
    yield table(headers, [(GROUPS[one.name], *sums(one)) for one in found.groups], width)
    yield Text(f"go {', '.join(found.go)}, from {found.source}", style="dim")


def sums(one: Group) -> tuple[str, ...]:
    """Return what a group is worth, in words."""
    return (
        f"{one.detected}/{one.failures} {percent(one.detected, one.failures)}",
        f"{one.silent_detected}/{one.silent} {percent(one.silent_detected, one.silent)}",
        f"{one.failures_with_false_alarm}/{one.failures}",
        f"{one.controls_with_false_alarm}/{one.controls}",
    )


def percent(part: int, whole: int) -> str:
    """Return a part of a whole in percent."""
    return f"{100 * part / whole:.0f} %" if whole else "-"


def _of(row: Row, group: Group, outcome: Outcome) -> list[str]:
    return [name for name in group.members if row.outcomes.get(name) == outcome]


def _runs(found: Matrix, width: int) -> Iterator[RenderableType]:
    marks = {one.id: MARKS[one.origin] for one in found.diagnostics}
    last = "detected by"
    headers = ("run", *(_HEADS[one.name] for one in found.groups), last)
    rows: list[tuple[str | Text, ...]] = []
    for row in found.rows:
        by = [f"{marks[name]}{name}" for name, one in row.outcomes.items() if one == "detected"]
        rows.append((Text(row.run), *(_cell(row, one) for one in found.groups), ", ".join(by)))
    yield table(headers, rows, width, wraps=last)
    yield Text("how many detect it, and !how many alarm where they must not", style="dim")
    yield Text(LEGEND, style="dim")
    yield Text()
    yield from headline(found, width)


def _cell(row: Row, group: Group) -> Text:
    detected, false = (len(_of(row, group, one)) for one in ("detected", "false-alarm"))
    text = Text(str(detected) if row.is_failure else "", STYLES["detected"] if detected else "dim")
    if false:
        text.append(f" !{false}" if text else f"!{false}", STYLES["false-alarm"])
    return text


def _each(found: Matrix) -> Iterator[RenderableType]:
    marks = {one.id: MARKS[one.origin] for one in found.diagnostics}
    for row in found.rows:
        loud = "a failure" if row.breaks else "nothing breaks"
        kind = {True: "a silent failure", False: loud, None: "a control"}[row.silent]
        yield Text.assemble((row.run, "bold cyan"), f"  {kind}")
        for outcome in get_args(Outcome):
            names = [f"{marks[name]}{name}" for name, one in row.outcomes.items() if one == outcome]
            if names:
                heading = Text(f"{outcome} ({len(names)})", STYLES.get(outcome, "bold red"))
                yield Padding(heading, (0, 0, 0, 2))
                yield Padding(Text(", ".join(names)), (0, 0, 0, 4))
        yield Text()
    yield Text(LEGEND, style="dim")
    yield Text(f"{counted(len(found.rows), 'run')}, from {found.source}", style="dim")
