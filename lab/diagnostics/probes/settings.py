"""Finds settings of go that mean something else than they say, or nothing."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged
from lab.diagnostics.lints import problems
from lab.diagnostics.project import setup
from lab.diagnostics.view import GoView
from lab.plural import counted

QUESTION = "Does go read its settings as they were meant?"
REMEDY = "Mend the setting; `golab diagnose` says how, for each of them."
LOCAL = True


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Lint what `go env` reports, the environment, the GOENV file, .netrc, go.mod and go.sum."""
    found = problems(setup(view, (subject.module,) if subject.module else ()))
    alarms = [problem for problem in found if problem.severity != "note"]
    notes = counted(len(found) - len(alarms), "note")
    return judged(
        [f"{problem.seen}: {problem.why}" for problem in alarms],
        f"nothing wrong, {notes}",
        alarms[0].command if alarms else "",
    )
