"""The report for a person at a terminal."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.plural import counted
from lab.report.diagnostics import diagnostics
from lab.report.page import STYLES, emit, indented, table
from lab.report.versions import side_by_side
from lab.report.visible import visible_parts
from lab.results.model import (
    ArmName,
    ArmResult,
    CommandResult,
    Report,
    RunResult,
    Verdict,
)
from lab.spec.asked import hosts
from lab.spec.command import typed

_MOST_LINES = 8
_LONGEST_LINE = 1000
_COMPARED = 8000
_TIMES = {1: "once"}


def print_report(report: Report, *, verbose: bool) -> None:
    """Print every run in full, or, for many, a line each; and the sum of them."""
    shown = visible_parts(report)
    emit(lambda width: _page(shown, width, verbose=verbose))


def _page(report: Report, width: int, *, verbose: bool) -> Iterator[RenderableType]:
    if verbose:
        for before, result in zip([None, *report.runs], report.runs, strict=False):
            told = before is not None and before.scenario == result.scenario
            yield full(result, width, name=report.label(result), told=told)
    if report.compared:
        yield side_by_side(report.compared, _verdict_in_colour)
    elif not verbose or len(report.runs) > 1:
        yield summary(report, width)
    if report.repeated:
        yield _differing(report)
    yield _closing(report)


def full(result: RunResult, width: int, *, name: str = "", told: bool = False) -> RenderableType:
    """Show one run from its story to its verdict; `told`: one before it told the story."""
    parts: list[RenderableType] = [_heading(result, name or result.name, told=told)]
    parts += [_arm(arm, result) for arm in result.arms]
    if result.diagnostics:
        parts.append(diagnostics(result.diagnostics, width))
    if not told and result.verdict in ("reproduced", "changed"):
        parts.append(_labelled("lesson", result.lesson))
    parts += [_verdict(result), Text()]
    return Group(*parts)


def _heading(result: RunResult, name: str, *, told: bool) -> RenderableType:
    title = Text.assemble((name, "bold cyan"), "  ", (result.title, "bold"))
    if told:
        return Group(title, Text())
    sources = [
        Padding(Text(f"documented in {source}", style="dim"), (0, 0, 0, 2), expand=False)
        for source in result.sources
    ]
    return Group(title, *sources, Padding(Text(result.story), (1, 0, 1, 2), expand=False))


def _arm(arm: ArmName, result: RunResult) -> RenderableType:
    this = result.arms[arm]
    rows: list[RenderableType] = [Text(arm, style="bold")]
    rows += [
        Padding(Text(line, style="dim"), (0, 0, 0, 2), expand=False) for line in this.conditions
    ]
    rows += [_command(command) for command in this.prepared]
    for name, hits in this.fired.items():
        times = "never fired" if not hits else f"fired {_TIMES.get(hits, f'{hits} times')}"
        rows.append(Text.assemble("  fault ", (name, "magenta"), f" {times}"))
        if arm == "broken":
            rows.append(indented(Text(result.faults.get(name, ""), style="dim")))
    for command in this.commands:
        rows.append(_command(command))
    judged = this.judged
    healthy = result.arms.get("healthy")
    if arm == "broken" and healthy:
        rows += _changes(healthy, this)
    else:
        rows += _output(judged)
    if asked := hosts(this.requests):
        said = ", ".join(f"{host} {_TIMES.get(n, f'{n} times')}" for host, n in asked.items())
        rows.append(Padding(Text(f"asked {said}", style="dim"), (0, 0, 0, 2), expand=False))
    odd = [f"{name}: {why}" for name, why in this.unread.items()]
    odd += [f"not as expected: {text}" for text in this.differences]
    rows += [
        Padding(Text(text, "bold yellow"), (0, 0, 0, 2), expand=False)
        for text in [*this.errors, *odd]
    ]
    return Group(*rows, Text())


def _command(command: CommandResult) -> RenderableType:
    exit_ = "ended by the lab's limit" if command.exit is None else f"exit {command.exit}"
    exit_ = command.error or exit_
    style = "green" if command.exit == 0 and not command.error else "red"
    line = Text.assemble(
        "$ ",
        (_line(typed(command.argv)), "bold"),
        "  ",
        (exit_, style),
        f"  {command.seconds:.2f} s",
    )
    return Padding(line, (0, 0, 0, 2), expand=False)


def _output(command: CommandResult) -> list[RenderableType]:
    lines = [_line(line) for text in (command.stdout, command.stderr) for line in text.splitlines()]
    if not lines:
        return [indented(Text("(prints nothing)", style="dim"))]
    shown = [indented(Text(line)) for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        more = counted(len(lines) - _MOST_LINES, "more line")
        shown.append(indented(Text(f"… {more}", style="dim")))
    return shown


def _line(text: str) -> str:
    """Return a line of a program's output, cut if nobody would read it to its end."""
    return text if len(text) <= _LONGEST_LINE else text[:_LONGEST_LINE] + "…"


def _beginning(text: str) -> str:
    """Return as much of a text as can be compared, word by word, in no time."""
    return text[:_COMPARED]


def _changes(healthy: ArmResult, broken: ArmResult) -> list[RenderableType]:
    """Show what the broken arm answered, with its difference from the healthy one picked out."""
    before, after = healthy.judged, broken.judged
    if before.stdout == after.stdout:
        rows = _output(after)
    else:
        lines = words_changed(_beginning(before.stdout), _beginning(after.stdout)).split("\n")
        rows = [indented(line) for line in lines if line.plain.strip()][:_MOST_LINES]
        rows += [indented(Text(_line(line))) for line in after.stderr.splitlines()[:_MOST_LINES]]
    old, new = (_beginning(arm.project.get("go.mod", "")).splitlines() for arm in (healthy, broken))
    for line in difflib.unified_diff(old, new, n=0, lineterm=""):
        if re.match(r"[+-](?![+-])", line):
            style = "red" if line.startswith("-") else "green"
            rows.append(indented(Text(f"go.mod: {line[0]} {line[1:].strip()}", style=style)))
    return rows + _asked_otherwise(healthy.asked, broken.asked)


def _asked_otherwise(healthy: Sequence[str], broken: Sequence[str]) -> list[RenderableType]:
    """Show who was asked about what in one of two arms only."""
    lines = [
        (sign, subject)
        for sign, one, other in (("-", healthy, broken), ("+", broken, healthy))
        for subject in one
        if subject not in other
    ]
    styles = {"-": "red", "+": "green"}
    rows = [
        indented(Text(f"asked: {sign} {_line(subject)}", style=styles[sign]))
        for sign, subject in lines[:_MOST_LINES]
    ]
    if len(lines) > _MOST_LINES:
        rows.append(indented(Text(f"asked: … {len(lines) - _MOST_LINES} more", style="dim")))
    return rows


def words_changed(before: str, after: str) -> Text:
    """Mark what changed from one text to the other as GNU wdiff does: [-gone-] {+new+}."""
    old, new = re.findall(r"\n|[^\s]+", before), re.findall(r"\n|[^\s]+", after)
    text = Text()
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces = [Text(" ".join(old[a:b]).replace(" \n", "\n").replace("\n ", "\n"))]
        else:
            gone, come = (" ".join(words).strip() for words in (old[a:b], new[c:d]))
            pieces = [Text(f"[-{gone}-]", style="red")] if gone else []
            pieces += [Text(f"{{+{come}+}}", style="green")] if come else []
        for piece in pieces:
            if text and not text.plain.endswith("\n") and not piece.plain.startswith("\n"):
                text.append(" ")
            text.append(piece)
    return text


def _labelled(label: str, text: str) -> RenderableType:
    return Group(Text.assemble((f"{label}  ", "bold"), " ".join(text.split())))


_MEANING = {
    "reproduced": "as recorded in {arms}",
    "changed": "not as recorded",
    "invalid": "the run proves nothing",
    "error": "the lab failed",
    "skipped": "not run",
}
_SILENCE = {True: "silent: the same exit status, another result", False: "not silent", None: ""}
_ONLY_ASKED = "silent: the same exit status and result, and others were asked"


def _only_asked(result: RunResult) -> bool:
    """Say whether who was asked is all that makes a failure silent."""
    healthy, broken = (result.arms.get(arm) for arm in ("healthy", "broken"))
    if not (result.silent and healthy and broken):
        return False
    return (healthy.judged.stdout, healthy.project) == (broken.judged.stdout, broken.project)


def _verdict(result: RunResult) -> RenderableType:
    silence = _ONLY_ASKED if _only_asked(result) else _SILENCE[result.silent]
    verdict = (result.verdict.upper(), STYLES.get(result.verdict, ""))
    where = f"(go {result.go}, {result.backend}, {result.seconds:.2f} s)"
    reasons = result.reason.split("; ") if result.reason else []
    said = Table.grid()
    said.add_column(width=9)
    said.add_column(overflow="fold")
    said.add_row(Text("verdict", "bold"), Text.assemble(verdict, f"  {silence}"))
    arms = "all three arms" if len(result.arms) > 1 else "its one arm"
    meaning = _MEANING[result.verdict].format(arms=arms)
    said.add_row("", Text.assemble(f"{meaning} ", (where, "dim")))
    for reason in reasons:
        said.add_row("", Text(reason, "yellow"))
    return said


def verdict(result: RunResult) -> Text:
    """Return the verdict of a run in its colour."""
    return _verdict_in_colour(result.verdict)


def _verdict_in_colour(name: Verdict) -> Text:
    return Text(name, style=STYLES.get(name, ""))


def summary(report: Report, width: int) -> RenderableType:
    """Show many runs, a line each."""
    rows = [
        (
            Text(report.label(run)),
            verdict(run),
            {True: "yes", False: "no", None: "-"}[run.silent],
            _noticed(run) if run.verdict == "reproduced" else run.reason,
            f"{run.seconds:.1f}",
        )
        for run in report.runs
    ]
    return table(
        ("scenario", "verdict", "silent", "detected by", "s"), rows, width, wraps="detected by"
    )


def _noticed(run: RunResult) -> str:
    if run.kind != "control":
        return ", ".join(run.detected_by)
    return f"healthy; false alarm: {', '.join(run.false_alarms)}" if run.false_alarms else "healthy"


def _differing(report: Report) -> RenderableType:
    """Say of how many repeated replays the verdict differs from most of the same scenario."""
    several = len({one.go for one in report.repeated}) > 1
    lines = []
    for one in report.repeated:
        if one.differing:
            name = f"{one.name} (go {one.go})" if several else one.name
            counts = ", ".join(f"{count} {verdict}" for verdict, count in one.verdicts.items())
            lines.append(Text(f"{name}: {counts}", style="yellow"))
    count = sum(one.differing for one in report.repeated)
    total = counted(sum(sum(one.verdicts.values()) for one in report.repeated), "replay")
    return Group(*lines, Text(f"of {total}, {count or 'none'} came to another verdict", "bold"))


def _closing(report: Report) -> RenderableType:
    sums = report.totals
    counts = [
        f"{getattr(sums, verdict)} {verdict}"
        for verdict in ("reproduced", "changed", "invalid", "error", "skipped")
        if getattr(sums, verdict)
    ]
    line = f"{counted(sums.runs, 'run')}: {', '.join(counts)}"
    if report.unfinished:
        planned = counted(sums.runs + len(report.unfinished), "run")
        after = f"{sums.runs} of {planned}" if not report.repeated else counted(sums.runs, "replay")
        line = f"INTERRUPTED after {after}: {', '.join(counts)}"
    if sums.controls:
        alarms = counted(sums.false_alarms, "false alarm")
        line += f"; {counted(sums.controls, 'control')} with {alarms}"
    return Text(f"{line}  ({sums.seconds:.1f} s, seed {report.seed})", style="bold")
