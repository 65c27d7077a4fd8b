"""A diagnosis for people, and as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from functools import partial

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lab.plural import counted
from lab.report.page import emit
from lab.report.visible import visible, visible_json
from lab.results.findings import ALARMS, Diagnosis, Found

_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "dim"}
_EVIDENCE = 5


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """Print the findings, the worst first, and what was looked at."""
    emit(partial(_page, diagnosis))


def as_json(diagnosis: Diagnosis) -> str:
    """Return it as JSON, `golab.diagnosis/1`."""
    data = dataclasses.asdict(diagnosis)
    first = {"schema": data.pop("schema")}
    return visible_json(json.dumps(first | data, indent=2, ensure_ascii=False))


def _page(diagnosis: Diagnosis, width: int) -> Iterator[RenderableType]:
    for found in diagnosis.findings:
        yield from _finding(found)
    yield Text(_summary(diagnosis), "bold" if diagnosis.alarming else "bold green")
    yield Text(_looked(diagnosis), "dim")


def _finding(found: Found) -> Iterator[RenderableType]:
    about = f" ({', '.join(found.modules)})" if found.modules else ""
    yield Text.assemble(
        (found.severity, _STYLES[found.severity]), "  ", (found.id, "cyan"), visible(about)
    )
    rows = Table.grid(padding=(0, 2, 0, 0))
    rows.add_column(width=4, style="dim")
    rows.add_column(overflow="fold")
    rows.add_row("seen", visible(found.seen))
    for line in found.evidence[:_EVIDENCE]:
        if line not in found.seen:
            rows.add_row("", visible(line))
    if len(found.evidence) > _EVIDENCE:
        rows.add_row("", f"and {counted(len(found.evidence) - _EVIDENCE, 'line')} more (--json)")
    lesson = f"golab run {found.scenario}" if found.scenario else ""
    for name, text in (
        ("why", found.why),
        ("mend", found.remedy),
        ("look", found.command),
        ("more", lesson),
    ):
        if text:
            rows.add_row(name, visible(text))
    yield Padding(rows, (0, 0, 1, 2), expand=False)


def _summary(diagnosis: Diagnosis) -> str:
    counts = [
        (sum(found.severity == severity for found in diagnosis.findings), severity)
        for severity in (*ALARMS, "note")
    ]
    said = ", ".join(counted(number, severity) for number, severity in counts if number)
    return said if diagnosis.alarming else f"nothing wrong found{f' ({said})' if said else ''}"


def _looked(diagnosis: Diagnosis) -> str:
    modules = ", ".join(diagnosis.modules) or "no module (name one with --module)"
    probes = len({looked.id for looked in diagnosis.probes})
    unavailable = sorted({one.id for one in diagnosis.probes if one.state == "unavailable"})
    missing = f"; could not look: {', '.join(unavailable)}" if unavailable else ""
    return visible(
        f"{counted(probes, 'probe')} looked at {modules} in {diagnosis.seconds:.1f} s "
        f"({diagnosis.go or 'no go'}, settings from {diagnosis.settings}){missing}"
    )
