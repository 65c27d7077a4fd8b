"""Reports of which each piece can be said: runs, verdicts, what diagnostics are worth."""

from __future__ import annotations

from typing import Any

from lab.results.model import ARMS, DiagnosticResult, Outcome, Report, RunResult, State, totals

NOW = "2026-11-21T20:00:00Z"


_STATES: dict[Outcome, tuple[State, ...]] = {
    "detected": ("quiet", "alarm", "quiet"),
    "miss": ("quiet", "quiet", "quiet"),
    "false-alarm": ("alarm", "alarm", "quiet"),
    "right": ("quiet",),
    "unavailable": ("unavailable", "unavailable", "unavailable"),
    "error": ("quiet", "error", "quiet"),
}


def a_row(id_: str, origin: str, outcome: Outcome) -> DiagnosticResult:
    states = dict(zip(ARMS, _STATES[outcome], strict=False))
    said: dict[str, Any] = {
        "id": id_,
        "origin": origin,
        "command": id_,
        "said": {arm: f"{state} when {arm}" for arm, state in states.items()},
        "recorded": None,
    }
    return DiagnosticResult.model_validate({**said, **states, "outcome": outcome})


def a_result(name: str, /, *rows: DiagnosticResult, **changes: Any) -> RunResult:
    scenario, _, variant = name.partition("/")
    about = {"scenario": scenario, "variant": variant or None, "kind": "failure", "family": "auth"}
    came_to = {"go": "1.27.3", "backend": "local", "verdict": "reproduced", "silent": True}
    said = {**about, **came_to, "title": "A title", "seconds": 1.5, "diagnostics": rows}
    return RunResult.model_validate({**said, **changes})


def a_report(*runs: RunResult, **changes: Any) -> Report:
    seconds = changes.get("seconds", 2.0)
    about = {"schema": "golab.report/1", "golab": "0.1.0", "backend": "local", "seed": 7}
    found = {"started": NOW, "seconds": seconds, "runs": runs, "totals": totals(runs, seconds)}
    return Report.model_validate({**about, **found, **changes})
