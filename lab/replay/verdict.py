"""What a run has come to, from what was seen in its arms and what the scenario records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lab.results.model import ARMS, ArmName, ArmResult, DiagnosticResult, Verdict
from lab.scenario.model import Scenario
from lab.spec.command import typed


class Judgement(NamedTuple):
    """A verdict with its reason in a line, and whether the failure was silent."""

    verdict: Verdict
    reason: str
    silent: bool | None
    """None: of a control."""


def judge(
    scenario: Scenario, arms: Mapping[ArmName, ArmResult], table: Sequence[DiagnosticResult]
) -> Judgement:
    """Judge a run: an error before all else, then whether the faults fired, then the record."""
    judged: ArmName = "healthy" if scenario.is_control else "broken"
    silent = None if scenario.is_control else is_silent(arms["healthy"], arms["broken"])
    spoilt = [*_spoilt(arms), *_spoilt_diagnostics(table)]
    if spoilt:
        return Judgement("error", "; ".join(dict.fromkeys(spoilt)), silent)
    idle = [
        rule.name
        for rule in scenario.faults
        if rule.fires == "must" and not arms[judged].fired.get(rule.name)
    ]
    if idle:
        reason = f"{', '.join(idle)} never fired in the {judged} arm: it proves nothing"
        return Judgement("invalid", reason, silent)
    changed = [f"{arm}: {text}" for arm, one in arms.items() for text in one.differences]
    changed += [
        f"{arm}: {rule.name} fired, and must not"
        for arm, one in arms.items()
        for rule in scenario.faults
        if rule.fires == "never" and one.fired.get(rule.name)
    ]
    if silent not in (scenario.silent, None):
        changed.append(f"measured {_silence(silent)}, recorded {_silence(scenario.silent)}")
    changed += [
        f"{row.id}: measured {row.outcome}, recorded {row.recorded}"
        for row in table
        if not row.agrees
    ]
    if changed:
        return Judgement("changed", "; ".join(changed), silent)
    if arms[judged].judged.exit is None:
        limit = f"{scenario.replay.last_limit(judged):g} s"
        reason = f"the lab's limit of {limit} ended the {judged} arm, not go"
        return Judgement("reproduced", reason, silent)
    return Judgement("reproduced", "", silent)


def is_silent(healthy: ArmResult, broken: ArmResult) -> bool:
    """Silent: the broken arm exits as the healthy one does, and what came of it is another.

    That is its output, the project, or who was asked about what.
    """
    if broken.judged.exit != healthy.judged.exit:
        return False
    return _outcome(broken) != _outcome(healthy)


def _outcome(arm: ArmResult) -> tuple[object, ...]:
    return arm.judged.stdout, arm.project, arm.asked


def _spoilt(arms: Mapping[ArmName, ArmResult]) -> Iterator[str]:
    """Say what failed that neither the scenario nor golab made fail: it colours all of a run."""
    for name, arm in arms.items():
        yield from (f"{name}: {error}" for error in arm.errors)
        for command in [*arm.prepared, *arm.commands]:
            if command.error:
                yield f"{name}: `{typed(command.argv)}`: {command.error}"


def _spoilt_diagnostics(table: Sequence[DiagnosticResult]) -> Iterator[str]:
    for row in table:
        if row.outcome == "error" and row.recorded not in ("error", None):
            arm = next(arm for arm in ARMS if getattr(row, arm) == "error")
            yield f"{arm}: the diagnostic {row.id} could not say anything: {row.said[arm]}"


def _silence(silent: bool | None) -> str:
    return "silent" if silent else "not silent"
