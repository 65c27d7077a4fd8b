"""The table of what the diagnostics said in each arm, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from lab.report.page import indented, outcome, state
from lab.results.model import ARMS, DiagnosticResult

_WIDE = 110
_MARKS = {"documented": "  ", "mended": "~ ", "golab": "* ", "tool": "+ "}


def diagnostics(rows: Sequence[DiagnosticResult], width: int) -> RenderableType:
    """Show the table; what each said stands behind it, or below where the terminal is narrow."""
    names = max(len(row.id) for row in rows) + 4
    arms = {arm: max(len(arm) + 2, 9) for arm in ARMS if getattr(rows[0], arm)}
    states_width = sum(arms.values())
    stacked = width < names + states_width + 11
    head = f"{'diagnostics':<{names}}{''.join(f'{arm:<{size}}' for arm, size in arms.items())}"
    shown = f"diagnostics: {', '.join(arms)}" if stacked else f"{head}outcome"
    lines: list[RenderableType] = [Text(shown, style="bold")]
    for row in sorted(rows, key=lambda row: ([*_MARKS].index(row.origin), row.id)):
        mark = _MARKS[row.origin]
        states = Text()
        for arm, size in arms.items():
            shown_state = state(getattr(row, arm))
            shown_state.pad_right(size - len(shown_state))
            states.append_text(shown_state)
        worth = outcome(row.outcome)
        if not row.agrees:
            worth.append(f" (recorded {row.recorded})", style="bold yellow")
        telling = "broken" if row.broken else "healthy"
        said = Text(row.said[telling], style="dim")
        if stacked:
            states.rstrip()
            lines += [Text.assemble(mark, row.id, "  ", worth), indented(states)]
        else:
            line = Text.assemble(f"{mark}{row.id:<{names - 2}}", states, worth)
            if width >= _WIDE:
                line.append(" " * max(2, names + states_width + 13 - line.cell_len))
                said.truncate(width - line.cell_len - 1, overflow="ellipsis")
                line.append(said)
            lines.append(line)
        if width < _WIDE and getattr(row, telling) != "quiet":
            lines.append(indented(said))
    lines.append(Text(_legend(rows), style="dim"))
    return Group(*lines, Text())


def _legend(rows: Sequence[DiagnosticResult]) -> str:
    found = {row.origin for row in rows}
    said = [
        *(["+ a tool under test"] if "tool" in found else []),
        *(["~ the nearest form that works of a documented check"] if "mended" in found else []),
        "* golab's own probe",
        "the others are documented checks",
    ]
    return "; ".join(said)
