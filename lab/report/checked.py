"""What a tool under test noticed, for a person at a terminal: a line for each run, and the sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from lab.plural import counted
from lab.report.page import STYLES, emit, indented, outcome, state, table
from lab.report.visible import visible_parts
from lab.results.model import ARMS, DiagnosticResult, Report


def print_checked(report: Report, tool: str) -> None:
    """Print what a tool said in each arm of each run, and what that is worth."""
    shown = visible_parts(report)
    emit(lambda width: _page(shown, tool, width))


def _page(report: Report, tool: str, width: int) -> Iterator[RenderableType]:
    found = [(run, row) for run in report.runs if (row := run.diagnostic(tool))]
    if found:
        headers = ("scenario", *ARMS, "outcome", "it says")
        rows: list[list[str | Text]] = [
            [
                Text(run.name),
                *(state(getattr(row, arm) or "") for arm in ARMS),
                outcome(row.outcome),
                row.telling,
            ]
            for run, row in found
        ]
        yield table(headers, rows, width, wraps="it says")
    for run in report.runs:
        if run.verdict != "reproduced":
            verdict = Text(run.verdict, style=STYLES.get(run.verdict, ""))
            yield Text.assemble(f"{run.name}: ", verdict)
            yield indented(Text(run.reason, "yellow"))
    yield Text(_sum(report, [row for _, row in found]), style="bold")


def _sum(report: Report, rows: list[DiagnosticResult]) -> str:
    failures = sum(row.broken is not None for row in rows)
    counts = Counter(row.outcome for row in rows)
    said = [f"{counts['detected']} of {counted(failures, 'failure')} detected"]
    said.append(counted(counts["false-alarm"], "false alarm"))
    if controls := len(rows) - failures:
        said.append(f"{counts['right']} of {counted(controls, 'control')} right")
    said += [f"{counts[name]} {name}" for name in ("unavailable", "error") if counts[name]]
    skipped = sum(run.verdict == "skipped" for run in report.runs)
    if skipped:
        said.append(f"{skipped} skipped")
    if report.unfinished:
        said.append(f"INTERRUPTED, {len(report.unfinished)} not run")
    return f"{', '.join(said)}  ({report.seconds:.1f} s, seed {report.seed})"
