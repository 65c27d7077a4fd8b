"""Several reports, of parts of the same runs, as one."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from lab.errors import UsageError
from lab.results.comparison import compared
from lab.results.model import Report, RunResult, Verdict, totals


def merged(reports: Mapping[Path, Report]) -> Report:
    """Return one report of all the runs; file -> what it holds.

    Its time is that from the first start to the last end.

    Raises:
        UsageError: they are not parts of one whole, or a part of it is missing.
    """
    files = list(reports)
    first = reports[files[0]]
    for file, report in reports.items():
        for name in ("golab", "backend", "seed"):
            ours, theirs = getattr(first, name), getattr(report, name)
            if ours != theirs:
                said = f"{files[0]} has {name} {ours}, {file} has {name} {theirs}"
                raise UsageError(f"{said}: not parts of the same runs")
    _check_whole(reports)
    runs = _once(reports)
    by_key: dict[tuple[str, str], RunResult] = {}
    for run in runs:
        by_key.setdefault((run.name, run.go), run)
    firsts = list(by_key.values())
    repeated = [one for report in reports.values() for one in report.repeated]
    counts: Counter[Verdict] = Counter()
    for one in repeated:
        counts.update(one.verdicts)
    times = [_times(file, report) for file, report in reports.items()]
    began, ended = min(start for start, _ in times), max(end for _, end in times)
    seconds = round((ended - began).total_seconds(), 3)
    return first.model_copy(
        update={
            "started": min(report.started for report in reports.values()),
            "seconds": seconds,
            "shard": "",
            "runs": runs,
            "compared": compared(firsts),
            "repeated": repeated,
            "unfinished": [name for report in reports.values() for name in report.unfinished],
            "totals": totals(firsts, seconds, counts if repeated else None),
        }
    )


def _times(file: Path, report: Report) -> tuple[datetime.datetime, datetime.datetime]:
    """Return when it started and ended."""
    try:
        start = datetime.datetime.fromisoformat(report.started)
        return start.astimezone(datetime.UTC), (
            start + datetime.timedelta(seconds=report.seconds)
        ).astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        said = f"from {report.started!r} for {report.seconds:g} s is no time"
        raise UsageError(f"{file} is no report of this golab: {said}") from None


def _check_whole(reports: Mapping[Path, Report]) -> None:
    """Find out which shards are missing; a report that is none stands for itself."""
    parts = {report.shard: file for file, report in reports.items() if report.shard}
    for text, file in parts.items():
        _, _, of = text.partition("/")
        missing = [f"{i}/{of}" for i in range(1, int(of) + 1) if f"{i}/{of}" not in parts]
        if missing:
            raise UsageError(f"{file} is shard {text}; missing: {', '.join(missing)}")


def _once(reports: Mapping[Path, Report]) -> list[RunResult]:
    """Return all runs, by family and name; none may be in two files."""
    seen: dict[tuple[str, str], Path] = {}
    for file, report in reports.items():
        for key in {(run.name, run.go) for run in report.runs}:
            if key in seen:
                raise UsageError(f"{key[0]} (go {key[1]}) is in {seen[key]} and in {file}")
            seen[key] = file
    runs = [run for report in reports.values() for run in report.runs]
    return sorted(runs, key=lambda run: (run.family, run.name))
