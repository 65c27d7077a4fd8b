"""Lints of go's settings: pure functions, from what is set to what is wrong with it.

A file here has functions `Setup -> Iterator[Problem]`; `problems` runs them all. Nothing is asked
for, run or sent. An `error` is a setting that go refuses or that does something else than it says,
a `warning` one that lets something through in silence, a `note` worth knowing and healthy.
"""

from __future__ import annotations

from lab.diagnostics.lints import (
    checksums,
    goproxy,
    leaks,
    names,
    netrc,
    patterns,
    project,
    webproxy,
)
from lab.diagnostics.lints.model import Problem, Setup

_ALL = (
    goproxy.entries,
    goproxy.order,
    goproxy.transport,
    patterns.spelling,
    patterns.reach,
    patterns.uncovered,
    leaks.told,
    checksums.database,
    checksums.flags,
    names.variables,
    names.lines,
    names.shadowed,
    names.modules_off,
    netrc.entries,
    netrc.unused,
    netrc.programs,
    webproxy.exceptions,
    webproxy.variables,
    project.replaced,
    project.workspace,
    project.sums,
)
_ORDER = ("error", "warning", "note")


def problems(setup: Setup) -> list[Problem]:
    """Return everything that is wrong with a set-up, the worst first."""
    found = [problem for lint in _ALL for problem in lint(setup)]
    return sorted(dict.fromkeys(found), key=lambda problem: _ORDER.index(problem.severity))
