"""What a diagnostic is worth for a failure, from what it said in the three arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.diagnostics.interface import Diagnostic
from lab.replay.diagnostics import Look
from lab.results.model import ARMS, ArmName, DiagnosticResult, Outcome, State


def outcome(healthy: State, broken: State | None, repaired: State | None) -> Outcome:
    """Say what a diagnostic is worth, from what it said in the arms; a control has only one."""
    states = (healthy, broken, repaired)
    if "error" in states:
        return "error"
    if "unavailable" in states:
        return "unavailable"
    if healthy == "alarm":
        return "false-alarm"
    if broken is None:
        return "right"
    if broken == "quiet":
        return "miss"
    return "false-alarm" if repaired == "alarm" else "detected"


def scored(
    chosen: Sequence[Diagnostic],
    recorded: Mapping[str, Outcome | None],
    looks: Mapping[ArmName, Mapping[str, Look]],
) -> list[DiagnosticResult]:
    """Return a row for each diagnostic, in their order.

    Args:
        chosen: the diagnostics.
        recorded: diagnostic -> what the scenario says it is worth.
        looks: arm -> diagnostic -> what it found there.
    """
    return [_row(item, recorded.get(item.id), looks) for item in chosen]


def _row(
    diagnostic: Diagnostic,
    recorded: Outcome | None,
    looks: Mapping[ArmName, Mapping[str, Look]],
) -> DiagnosticResult:
    found = {arm: looks[arm][diagnostic.id] for arm in ARMS if arm in looks}
    states = {arm: look.finding.state for arm, look in found.items()}
    return DiagnosticResult(
        id=diagnostic.id,
        origin=diagnostic.origin,
        command=found["broken" if "broken" in found else "healthy"].command,
        commands={arm: look.command for arm, look in found.items()},
        healthy=states["healthy"],
        broken=states.get("broken"),
        repaired=states.get("repaired"),
        said={arm: look.finding.said for arm, look in found.items()},
        seconds={arm: look.seconds for arm, look in found.items()},
        outcome=outcome(states["healthy"], states.get("broken"), states.get("repaired")),
        recorded=recorded,
    )
