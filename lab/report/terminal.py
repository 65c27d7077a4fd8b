"""The report for a person at a terminal."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.results import (
    ARMS,
    ArmName,
    ArmResult,
    CommandResult,
    DiagnosticResult,
    Report,
    RunResult,
)

_MOST_LINES = 8
_STYLES = {
    "reproduced": "bold green",
    "changed": "bold yellow",
    "invalid": "bold red",
    "error": "bold red",
    "detected": "green",
    "miss": "red",
    "false-alarm": "yellow",
    "alarm": "bold",
    "quiet": "dim",
    "unavailable": "dim",
}


def print_report(report: Report, *, verbose: bool) -> None:
    """Print every run in full, or, for many, a line each; and the sum of them."""
    console = Console(highlight=False, soft_wrap=False)
    if verbose:
        for result in report.runs:
            console.print(full(result))
    else:
        console.print(summary(report))
    if len(report.runs) > 1:
        console.print(_closing(report))


def full(result: RunResult) -> RenderableType:
    """Show one run from its story to its verdict."""
    parts: list[RenderableType] = [_heading(result)]
    parts += [_arm(arm, result) for arm in result.arms]
    if result.diagnostics:
        parts.append(_diagnostics(result.diagnostics))
    parts += [_labelled("lesson", result.lesson), _verdict(result), Text()]
    return Group(*parts)


def _heading(result: RunResult) -> RenderableType:
    title = Text.assemble((result.name, "bold cyan"), "  ", (result.title, "bold"))
    sources = [
        Padding(Text(f"documented in {source}", style="dim"), (0, 0, 0, 2))
        for source in result.sources
    ]
    return Group(title, *sources, Padding(Text(result.story), (1, 0, 1, 2)))


def _arm(arm: ArmName, result: RunResult) -> RenderableType:
    this = result.arms[arm]
    rows: list[RenderableType] = [Text(arm, style="bold")]
    rows += [Padding(Text(line, style="dim"), (0, 0, 0, 2)) for line in this.conditions]
    for name, hits in this.fired.items():
        times = {0: "never fired", 1: "fired once"}.get(hits, f"fired {hits} times")
        rows.append(Text.assemble("  fault ", (name, "magenta"), f" {times}"))
    for command in this.commands:
        rows.append(_command(command))
    judged = this.judged
    healthy = result.arms.get("healthy")
    if arm == "broken" and healthy:
        rows += _changes(healthy, this)
    else:
        rows += _output(judged)
    rows += [Text(f"  not as expected: {text}", style="bold yellow") for text in this.differences]
    return Group(*rows, Text())


def _command(command: CommandResult) -> Text:
    exit_ = "ended by the lab's limit" if command.exit is None else f"exit {command.exit}"
    shown = command.argv[-1] if command.argv[:2] == ["sh", "-c"] else shlex.join(command.argv)
    style = "green" if command.exit == 0 else "red"
    return Text.assemble("  $ ", (shown, "bold"), "  ", (exit_, style), f"  {command.seconds:.2f} s")


def _output(command: CommandResult) -> list[RenderableType]:
    lines = [line for text in (command.stdout, command.stderr) for line in text.splitlines()]
    if not lines:
        return [_indented(Text("(prints nothing)", style="dim"))]
    shown = [_indented(Text(line)) for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        shown.append(_indented(Text(f"… {len(lines) - _MOST_LINES} more lines", style="dim")))
    return shown


def _indented(text: Text) -> RenderableType:
    return Padding(text, (0, 0, 0, 6))


def _changes(healthy: ArmResult, broken: ArmResult) -> list[RenderableType]:
    """Show what the broken arm answered, with its difference from the healthy one picked out."""
    rows: list[RenderableType] = []
    before, after = healthy.judged, broken.judged
    if before.stdout == after.stdout:
        rows += _output(after)
    else:
        rows += [_indented(line) for line in _words_changed(before.stdout, after.stdout)]
        rows += _output(after)[: _MOST_LINES] if not after.stdout and after.stderr else [
            _indented(Text(line)) for line in after.stderr.splitlines()[:_MOST_LINES]
        ]
    for name in sorted({*healthy.project, *broken.project}):
        old, new = (arm.project.get(name, "").splitlines() for arm in (healthy, broken))
        for line in difflib.unified_diff(old, new, n=0, lineterm=""):
            if name == "go.mod" and re.match(r"[+-](?![+-])", line):
                style = "red" if line.startswith("-") else "green"
                rows.append(_indented(Text(f"{name}: {line[0]} {line[1:].strip()}", style=style)))
    return rows


def _words_changed(before: str, after: str) -> list[Text]:
    """Mark words as GNU wdiff does: [-gone-] {+new+}."""
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    text = Text()
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            text.append(gone)
            continue
        if gone.strip():
            text.append(f"[-{gone.strip()}-]", style="red").append(" " if come.strip() else "")
        if come.strip():
            text.append(f"{{+{come.strip()}+}}", style="green")
        if (come or gone).endswith("\n"):
            text.append("\n")
        elif (come or gone)[-1:].isspace():
            text.append(" ")
    lines = text.split("\n")
    return [line for line in lines if line.plain.strip()][:_MOST_LINES]


def _diagnostics(rows: Sequence[DiagnosticResult]) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for title in ("diagnostics", *ARMS, "outcome"):
        table.add_column(title, no_wrap=True)
    table.add_column("said in the broken arm", overflow="ellipsis", no_wrap=True, ratio=1)
    for row in sorted(rows, key=lambda row: (row.origin != "documented", row.id)):
        name = f"  {row.id}" if row.origin == "documented" else f"* {row.id}"
        states = [Text(getattr(row, arm), style=_STYLES.get(getattr(row, arm), "")) for arm in ARMS]
        outcome = Text(row.outcome, style=_STYLES.get(row.outcome, "bold red"))
        if not row.agrees:
            outcome.append(f" (recorded {row.recorded})", style="bold yellow")
        table.add_row(name, *states, outcome, Text(row.said.get("broken", ""), style="dim"))
    note = Text("* golab's own probe; the others are the documented checks", style="dim")
    return Group(table, note, Text())


def _labelled(label: str, text: str) -> RenderableType:
    return Group(Text.assemble((f"{label}  ", "bold"), " ".join(text.split())))


def _verdict(result: RunResult) -> RenderableType:
    words: Mapping[str, str] = {
        "reproduced": "as recorded, in all three arms",
        "changed": "not as recorded",
        "invalid": "the run proves nothing",
        "error": "the lab failed",
        "skipped": "not run",
    }
    silent = {True: "silent: same exit status, another result", False: "not silent", None: ""}
    text = Text.assemble(
        ("verdict  ", "bold"),
        (result.verdict.upper(), _STYLES.get(result.verdict, "")),
        f"  {words[result.verdict]}",
    )
    if result.verdict in ("reproduced", "changed") and silent[result.silent]:
        text.append(f"; {silent[result.silent]}")
    text.append(f"  (go {result.go}, {result.backend}, {result.seconds:.2f} s)", style="dim")
    reasons = [f"         {reason}" for reason in result.reason.split("; ") if reason]
    return Group(text, *(Text(reason, style="yellow") for reason in reasons))


def summary(report: Report) -> RenderableType:
    """Show many runs, a line each."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("scenario", overflow="fold", min_width=12)
    table.add_column("verdict", no_wrap=True)
    table.add_column("silent", no_wrap=True)
    table.add_column("detected by", overflow="fold", ratio=1)
    table.add_column("s", justify="right", no_wrap=True)
    for run in report.runs:
        verdict = Text(run.verdict, style=_STYLES.get(run.verdict, ""))
        silent = {True: "yes", False: "no", None: "-"}[run.silent]
        seen = ", ".join(run.detected_by) if not run.reason else run.reason
        table.add_row(run.name, verdict, silent, seen, f"{run.seconds:.1f}")
    return table


def _closing(report: Report) -> RenderableType:
    sums = report.totals
    counts = [
        f"{getattr(sums, verdict)} {verdict}"
        for verdict in ("reproduced", "changed", "invalid", "error", "skipped")
        if getattr(sums, verdict)
    ]
    line = f"{sums.runs} runs: {', '.join(counts)}  ({sums.seconds:.1f} s, seed {report.seed})"
    return Text(line, style="bold")
