"""Goes through the three arms of a scenario in a running lab, and has what was seen judged.

Each arm has a fresh client in the same lab. The broken arm has the faults, the repaired arm the
documented remedy. Before anything that was seen is believed, the lab says whether its parts live.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from faults.rules import Rule
from lab.diagnostics.catalogue import diagnostics
from lab.diagnostics.interface import Diagnostic
from lab.errors import LabError
from lab.replay.arms import Arm, Begun, arms, set_up
from lab.replay.commands import carried_out, project, recorded, run_command
from lab.replay.diagnostics import Look, diagnose, target
from lab.replay.outcomes import Looking, outcomes
from lab.replay.scoring import scored
from lab.replay.verdict import judge
from lab.results.model import ArmName, ArmResult, RunResult
from lab.sandbox.interface import Lab, LabSpec
from lab.scenario.load import Run, described
from lab.scenario.model import Scenario
from lab.spec.asked import subjects
from lab.spec.expectations import differences
from lab.spec.sources import cited

_FAILED = 500
"""The status of an origin that failed itself; it has no other use for it."""

Observer = Callable[[str], None]
"""Called with the name of each arm before it starts."""


def replay(
    run: Run,
    lab: Lab,
    spec: LabSpec,
    *,
    backend: str,
    seed: int,
    observe: Observer = lambda _: None,
    looking: Looking = "recorded",
    tools: Sequence[Diagnostic] = (),
) -> RunResult:
    """Replay one scenario in a running lab, and judge it.

    Args:
        run: the scenario.
        lab: where.
        spec: what the lab is made of.
        backend: the name of its backend.
        seed: fixes every chance.
        observe: called with each arm.
        looking: which of golab's diagnostics look.
        tools: strangers' programs, which look after them, each as if it were alone.

    Raises:
        LabError: the lab failed; which part, and in which arm.
    """
    run = run.with_go(spec.toolchain.version)
    scenario = run.scenario
    started = time.monotonic()
    record = outcomes(run, spec.toolchain.version, looking)
    chosen = [*(diagnostics()[name] for name in record), *tools]
    results: dict[ArmName, ArmResult] = {}
    looks: dict[ArmName, dict[str, Look]] = {}
    for arm in arms(scenario):
        observe(arm.name)
        try:
            results[arm.name], looks[arm.name] = _gone_through(
                scenario, arm, lab, spec, seed, chosen
            )
        except LabError as error:
            raise _named(error, arm, lab) from error
    table = scored(chosen, record, looks)
    judgement = judge(scenario, results, table)
    return RunResult(
        **about(run),
        go=spec.toolchain.version,
        backend=backend,
        verdict=judgement.verdict,
        reason=judgement.reason,
        seconds=round(time.monotonic() - started, 3),
        silent=judgement.silent,
        arms=results,
        diagnostics=table,
        detected_by=[row.id for row in table if row.outcome == "detected"],
        missed_by=[row.id for row in table if row.outcome == "miss"],
        false_alarms=[row.id for row in table if row.outcome == "false-alarm"],
    )


def about(run: Run) -> dict[str, Any]:
    """Return the fields of a result that are known before anything is run."""
    scenario = run.scenario
    return {
        "scenario": scenario.id,
        "variant": run.variant,
        "kind": scenario.kind,
        "family": scenario.family,
        "breaks": scenario.breaks,
        "title": scenario.title,
        "sources": cited(scenario.sources),
        "story": " ".join(scenario.story.split()),
        "lesson": " ".join(scenario.lesson.split()),
        "faults": {rule.name: described(rule) for rule in scenario.faults},
    }


def _gone_through(
    scenario: Scenario, arm: Arm, lab: Lab, spec: LabSpec, seed: int, chosen: list[Diagnostic]
) -> tuple[ArmResult, dict[str, Look]]:
    begun = set_up(lab, spec, scenario, arm, seed)
    result = replayed(scenario, arm, begun)
    lab.check()
    at = target(scenario, arm.client, result.project.get("go.mod", ""))
    looks: dict[str, Look] = {}
    errors = result.errors
    for number, together in enumerate(_rounds(chosen, arm.rules)):
        if number and any(one.origin == "tool" for one in together):
            # What others have done to the client is not for a tool, nor what it does for another.
            begun = set_up(lab, spec, scenario, arm, seed)
            replayed(scenario, arm, begun)
        lab.edge.arm(arm.rules, seed=seed)  # each meets the faults as fresh as the replay did
        looks |= diagnose(together, begun.client, at, scenario.diagnostics.limit)
        errors = [*errors, *_errors(lab.edge.ledger().records)]
    lab.check()
    return result.model_copy(update={"errors": errors}), looks


def _rounds(chosen: list[Diagnostic], rules: Sequence[Rule]) -> list[list[Diagnostic]]:
    """Return which diagnostics may look at once: as if each were alone, and no slower than needed.

    A rule that counts, draws or remembers would count what one of them asks for another. Nobody
    knows what a tool does.
    """
    tools = [[one] for one in chosen if one.origin == "tool"]
    others = [one for one in chosen if one.origin != "tool"]
    alone = any(rule.remembers for rule in rules)
    return [*([[one] for one in others] if alone else [others] if others else []), *tools]


def _named(error: LabError, arm: Arm, lab: Lab) -> LabError:
    """Say in which arm a lab failed, and which of its parts ended, where that is the reason."""
    try:
        lab.check()
    except LabError as part:
        error = part
    return type(error)(f"{arm.name}: {error}")


def replayed(scenario: Scenario, arm: Arm, begun: Begun) -> ArmResult:
    """Run the commands of an arm, and say what was seen; `begun` is where they begin.

    Raises:
        LabError: the lab failed, or has no such program.
    """
    client, edge = begun.client, begun.client.lab.edge
    replay, expected = scenario.replay, scenario.replay.expected(arm.name)
    before = edge.ledger()
    *first, last = replay.steps
    done = []
    for step in first:
        wanted = step.expected(arm.name)
        done.append(carried_out(client, step.run, wanted, wanted.limit or replay.limit))
    limit = replay.last_limit(arm.name)
    judged = run_command(client, last.run, limit, allowed=expected.exit)
    records = edge.ledger(before.total).records
    fired = edge.fired()
    found = project(client)
    return ArmResult(
        conditions=arm.conditions,
        prepared=[one.result for one in begun.prepared],
        commands=[*(one.result for one in done), recorded(judged)],
        project=found.files,
        unread=found.unread,
        requests=records,
        asked=subjects(records),
        fired=fired,
        errors=_errors([*before.records, *records]),
        differences=[
            *(text for one in [*begun.prepared, *done] for text in one.differences),
            *differences(judged.done, expected, found.files, records),
        ],
    )


def _errors(records: Iterable[dict[str, Any]]) -> list[str]:
    """Return what the edge has on record that failed in the lab itself."""
    found = []
    for record in records:
        if record.get("kind") == "error" and (part := record.get("part")):
            found.append(f"the {part} of the lab: {record['error']}")
        elif record.get("kind") == "error":
            rule = f"rule {record['rule']} ({record['do']})"
            found.append(f"a fault rule failed: {rule}: {record['error']}")
        elif record.get("origin_status") == _FAILED:
            where = f"{record['host']}{record['path']}"
            found.append(f"the origin of the lab: it answered {_FAILED} to {where}")
    return found
