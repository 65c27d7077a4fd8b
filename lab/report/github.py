"""What GitHub Actions shows of a report: annotations, and the summary of a step.

Whatever a program prints there, a line that begins with `::` is a command to the runner; so what
came from a scenario is printed between `quoted`, and everything golab says itself is escaped.
https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from lab.errors import UsageError
from lab.plural import counted
from lab.report.markdown import plain
from lab.report.visible import visible, visible_parts
from lab.results.model import Report, RunResult

MOST = 10
"""Annotations of a kind that GitHub shows of a step."""

_MOST_ROWS = 200
_LONGEST = 1000


@contextmanager
def quoted(stream: TextIO) -> Iterator[None]:
    """Print what follows in a GitHub workflow as text, whatever its lines begin with."""
    token = f"golab-{secrets.token_hex(16)}"
    print(f"::stop-commands::{token}", file=stream, flush=True)
    try:
        yield
    finally:
        print(f"::{token}::", file=stream, flush=True)


def annotate(report: Report, places: Mapping[str, str], stream: TextIO | None = None) -> None:
    """Print an annotation for each run that is not as recorded; see `errors`."""
    for line in errors(report, places):
        print(line, file=stream or sys.stdout, flush=True)


def errors(report: Report, places: Mapping[str, str]) -> Iterator[str]:
    """Yield workflow commands: an error for each run that is not as recorded.

    Args:
        report: what was found out.
        places: run -> the file that it is in, relative to the checkout, if it is in there.
    """
    wrong = [run for run in report.runs if run.verdict in ("changed", "invalid", "error")]
    for run in wrong[: MOST - 1] if len(wrong) > MOST else wrong:
        title = f"golab: {report.label(run)}: {run.verdict}"
        yield _command(title, run.reason or run.verdict, places.get(run.name, ""))
    if len(wrong) > MOST:
        more = counted(len(wrong) - MOST + 1, "more run")
        yield _command("golab", f"{more} not as recorded; the summary of the step has them all")
    if report.unfinished:
        names = ", ".join(report.unfinished)[:_LONGEST]
        yield _command("golab: interrupted", f"not finished: {names}")


def _command(title: str, text: str, file: str = "") -> str:
    properties = {"file": file, "line": "1"} if file else {}
    said = ",".join(
        f"{key}={_property(one)}" for key, one in {**properties, "title": title}.items()
    )
    return f"::error {said}::{_data(text)}"


def _data(text: str) -> str:
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def append_summary(report: Report, file: str) -> None:
    """Add a report to the summary of a step; `file` is $GITHUB_STEP_SUMMARY.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        with Path(file).open("a", encoding="utf-8") as handle:
            handle.write(summary(report))
    except OSError as error:
        said = f"the summary cannot be written to {file}: {error.strerror}"
        raise UsageError(f"{said} (GITHUB_STEP_SUMMARY)") from None


def summary(report: Report) -> str:
    """Return a report as Markdown: the sums, and a row for each run that is not as recorded."""
    shown = visible_parts(report)
    sums = shown.totals
    verdicts = ("reproduced", "changed", "invalid", "error", "skipped")
    counts = [f"{getattr(sums, one)} {one}" for one in verdicts if getattr(sums, one)]
    lines = [
        f"### golab: {counted(sums.runs, 'run')}{': ' if counts else ''}{', '.join(counts)}",
        "",
    ]
    wrong = [run for run in shown.runs if run.verdict not in ("reproduced", "skipped")]
    if wrong:
        lines += ["| run | verdict | why |", "| --- | --- | --- |"]
        lines += [_row(shown, run) for run in wrong[:_MOST_ROWS]]
        if len(wrong) > _MOST_ROWS:
            lines.append(f"| and {len(wrong) - _MOST_ROWS} more | | |")
        lines.append("")
    if shown.unfinished:
        names = ", ".join(map(plain, shown.unfinished[:_MOST_ROWS]))
        lines += [f"Interrupted; not finished: {names}", ""]
    lines += [_seen(shown), ""]
    return "\n".join(lines)


def _row(report: Report, run: RunResult) -> str:
    reason = run.reason if len(run.reason) <= _LONGEST else run.reason[:_LONGEST] + "…"
    return f"| {plain(report.label(run))} | {run.verdict} | {plain(reason)} |"


def _seen(report: Report) -> str:
    goes = ", ".join(dict.fromkeys(run.go for run in report.runs))
    seen = ", ".join([f"go {goes}", report.backend] if goes else [report.backend])
    return f"{plain(seen)}, {report.seconds:.0f} s, seed {report.seed}"
