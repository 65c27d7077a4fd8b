"""The matrix of what is on record, and that of a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from faults.nearest import nearest
from lab.diagnostics.catalogue import diagnostics
from lab.diagnostics.documented import load
from lab.errors import UsageError
from lab.matrix.model import Matrix, Row, matrix
from lab.replay.outcomes import recorded
from lab.report import json_report
from lab.results.model import Origin, Report
from lab.scenario.load import catalogue

THREE_LINES = "three lines"


def of_record(family: str | None = None, scenario: str | None = None) -> Matrix:
    """Return the matrix of scenarios/outcomes.yaml, of all runs or some.

    Raises:
        UsageError: there is no such family or scenario on record.
    """
    file = recorded()
    origins: dict[str, Origin] = {name: one.origin for name, one in diagnostics().items()}
    rows = []
    for loaded in catalogue().values():
        for run in loaded.runs():
            if outcomes := file.of(run.name):
                of_go = run.with_go(file.go).scenario
                rows.append(
                    Row(
                        run=run.name,
                        scenario=of_go.id,
                        family=of_go.family,
                        kind=of_go.kind,
                        silent=None if of_go.is_control else of_go.silent,
                        breaks=of_go.breaks,
                        outcomes={name: one for name, one in outcomes.items() if name in origins},
                    )
                )
    source = "scenarios/outcomes.yaml"
    chosen = _chosen(rows, family, scenario, source)
    return matrix(chosen, origins, three_lines(), source=source, go=[file.go])


def of_report(path: Path, family: str | None = None, scenario: str | None = None) -> Matrix:
    """Return the matrix of a report that `golab run --json` or `golab check --json` wrote.

    Raises:
        UsageError: it cannot be read, nothing has looked in it, or it has no such family or
            scenario.
    """
    report = json_report.read(path)
    origins: dict[str, Origin] = {
        row.id: row.origin for run in report.runs for row in run.diagnostics
    }
    if not origins:
        wanted = "`golab run --all --diagnostics all --json FILE` writes one"
        raise UsageError(f"{path}: no diagnostic has looked in any of its runs; {wanted}")
    chosen = _chosen(_rows(report), family, scenario, str(path))
    go = list(dict.fromkeys(run.go for run in report.runs))
    return matrix(chosen, origins, three_lines(), source=str(path), go=go)


def _rows(report: Report) -> list[Row]:
    rows: dict[str, Row] = {}
    for run in report.runs:
        if run.diagnostics:
            name = report.label(run)
            rows.setdefault(
                name,
                Row(
                    run=name,
                    scenario=run.scenario,
                    family=run.family,
                    kind=run.kind,
                    silent=run.silent,
                    breaks=run.breaks,
                    outcomes={row.id: row.outcome for row in run.diagnostics},
                ),
            )
    return list(rows.values())


def three_lines() -> list[str]:
    """Return the diagnostics that the first article has everybody run."""
    return [
        name
        for name, one in load().items()
        if one.origin == "documented" and (one.spec.source.section or "").startswith(THREE_LINES)
    ]


def _chosen(
    rows: Sequence[Row], family: str | None, scenario: str | None, source: str
) -> Sequence[Row]:
    keys: dict[str, tuple[str | None, Callable[[Row], set[str]]]] = {
        "family": (family, lambda row: {row.family}),
        "scenario": (scenario, lambda row: {row.scenario, row.run}),
    }
    for what, (wanted, names) in keys.items():
        if wanted is not None:
            known = {name for row in rows for name in names(row)}
            if wanted not in known:
                raise UsageError(f"{source} has no {what} {wanted!r}{nearest(wanted, known)}")
            rows = [row for row in rows if wanted in names(row)]
    return rows
