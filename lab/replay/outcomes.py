"""Which diagnostics look at a run, and what is recorded of each: scenarios/outcomes.yaml.

A scenario names the diagnostics that its story is about. The file has what every diagnostic is
worth for every run of the catalogue, with one Go version; `golab record` writes it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from faults import validation, yamlsource
from lab.diagnostics.catalogue import diagnostics
from lab.interrupts import INTERRUPTS
from lab.paths import scenarios_root
from lab.results.model import Outcome, RunResult
from lab.scenario.load import Run

Looking = Literal["recorded", "all", "missing", "none"]
Record = dict[str, dict[str, list[str]]]

FILE = "outcomes.yaml"
_HEAD = """\
# Written by `golab record`: what every diagnostic is worth for every run of the catalogue.
# A test compares it with the scenarios, `golab run --diagnostics all` with what is measured.
"""


class Outcomes(BaseModel):
    """The file: run -> outcome -> diagnostics, as measured with one Go version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    go: str = ""
    runs: dict[str, dict[Outcome, list[str]]] = {}

    def of(self, run: str) -> dict[str, Outcome]:
        """Return diagnostic -> outcome of one run; {} if it is not on record."""
        found = self.runs.get(run, {})
        return {name: outcome for outcome, names in found.items() for name in names}


def outcomes(run: Run, go: str, looking: Looking) -> dict[str, Outcome | None]:
    """Return which diagnostics are to look at a run, and what is recorded of each.

    Args:
        run: what is replayed.
        go: with which Go version.
        looking: those that the scenario records, all, those that are on no record yet, or none.
    """
    named: dict[str, Outcome | None] = {**run.scenario.diagnostics.outcomes}
    if looking == "none":
        return {}
    if looking == "recorded":
        return named
    file = recorded()
    others = file.of(run.name) if file.go == go else {}
    found = {name: named.get(name, others.get(name)) for name in diagnostics()}
    if looking == "missing":
        return {name: outcome for name, outcome in found.items() if name not in others}
    return found


@cache
def recorded(root: Path | None = None) -> Outcomes:
    """Return what is on record of the catalogue, nothing if there is no such file."""
    path = (root or scenarios_root()) / FILE
    with INTERRUPTS:
        return validation.check(yamlsource.read(path), Outcomes) if path.exists() else Outcomes()


def written(results: list[RunResult], before: Outcomes) -> str:
    """Return the file with these results in it; other runs, and diagnostics, stay as they were.

    What cannot be measured here is kept as it was, too; a diagnostic that is no more is left out.
    """
    before = before if before.go == results[0].go else Outcomes()
    runs = dict(before.runs)
    for result in results:
        old = before.of(result.name)
        found = {row.id: row.outcome for row in result.diagnostics}
        worth = {name: old[name] for name in old if name in diagnostics() and name not in found}
        worth |= {
            name: old.get(name, outcome) if outcome == "unavailable" else outcome
            for name, outcome in found.items()
        }
        runs[result.name] = {
            outcome: sorted(name for name in worth if worth[name] == outcome)
            for outcome in get_args(Outcome)
            if outcome in worth.values()
        }
    lines = [_HEAD, f"go: {results[0].go}\nruns:\n"]
    for name in sorted(runs):
        lines.append(f"  {name}:\n")
        lines += [f"    {key}: [{', '.join(names)}]\n" for key, names in runs[name].items()]
    return "".join(lines)
