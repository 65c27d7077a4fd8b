"""Replays the cases of claims in labs, and says what each came to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lab.claims.model import Case, Claim, Proof
from lab.claims.results import Outcome, Proven, Silence
from lab.client import PATH
from lab.errors import LabError
from lab.go import buildcache
from lab.go.toolchain import Toolchain
from lab.labs import start, start_for
from lab.replay.arms import arms, set_up
from lab.replay.replay import replay, replayed
from lab.replay.verdict import is_silent
from lab.results.model import ArmResult, CommandResult
from lab.sandbox.interface import Backend, Completed, Lab, LabSpec
from lab.scenario.commands import Change, Repair, Replay
from lab.scenario.load import select
from lab.scenario.model import Scenario
from lab.scenario.record import Record, Subject
from lab.spec import asked, patterns
from lab.spec.command import typed
from lab.spec.expectations import Expected, differences
from lab.spec.schema import as_list

_PASSING = re.compile(r"\(\d+\.\d+s\)|(?<=:)\d+(?=->)|(?<=/tmp/)[^\s/]+")
_LONGEST = 200
_LONG = 25.0
"""Seconds; a case that may wait longer is replayed beside the others."""


def pieces(claim: Claim) -> list[list[Case]]:
    """Return the cases of a claim in the pieces that can be replayed at the same time.

    Those of one world share a lab, but for those that wait.
    """
    found: dict[str, list[Case]] = {}
    for case in claim.replays:
        proof = case.proof
        alone = proof.limit > _LONG or proof.scenario is not None
        key = case.name if alone else proof.world.model_dump_json()
        found.setdefault(key, []).append(case)
    return list(found.values())


def compile_something(claims: Sequence[Claim]) -> bool:
    """Say whether a claim has go compile something."""
    return any(_compile_something(claim.replays) for claim in claims)


def _compile_something(cases: Sequence[Case]) -> bool:
    return buildcache.compiles(case.proof.model_dump_json() for case in cases)


class MissingError(LabError):
    """A claim cannot be tested here, for want of a program."""


def proven(
    claim: Claim, cases: Sequence[Case], backend: Backend, toolchain: Toolchain, seed: int
) -> list[Proven]:
    """Replay one of the `pieces` of a claim.

    Raises:
        MissingError: it needs a program that the client has not.
        LabError: a lab could not be started, or failed.
    """
    if cases[0].proof.scenario is not None:
        return [_of_scenario(cases[0], backend, toolchain, seed)]
    world = cases[0].proof.world
    warm = _compile_something(cases)
    with start(backend, toolchain, name=claim.id, world=world, warm=warm) as (lab, spec):
        if missing := [program for program in claim.needs if not lab.has(program, PATH)]:
            raise MissingError(f"{', '.join(missing)} is not installed where the client runs")
        return [_replayed(case, lab, spec, seed) for case in cases]


def _of_scenario(case: Case, backend: Backend, toolchain: Toolchain, seed: int) -> Proven:
    assert case.proof.scenario
    (run,) = select([case.proof.scenario])
    with start_for(run, backend, toolchain) as (lab, spec):
        result = replay(run, lab, spec, backend=backend.name, seed=seed)
    arm = result.arms[case.proof.arm]
    rules = run.scenario.faults if case.proof.arm == "broken" else []
    idle = [rule.name for rule in rules if rule.fires == "must" and not arm.fired.get(rule.name)]
    healthy = result.arms["healthy"] if case.proof.arm == "broken" else None
    shown = f"golab run {run.name}: {typed(arm.judged.argv)}"
    return _proven(case, arm, healthy, idle).model_copy(update={"command": shown})


def _replayed(case: Case, lab: Lab, spec: LabSpec, seed: int) -> Proven:
    scenario = _as_scenario(case.proof)
    healthy, *others = arms(scenario)
    something_breaks = bool(scenario.faults) or scenario.break_ != Change()
    seen: list[ArmResult] = []
    try:
        seen += [
            replayed(scenario, arm, set_up(lab, spec, scenario, arm, seed))
            for arm in (healthy, *others[:something_breaks])
        ]
        lab.check()
    except LabError as error:
        lab.check()  # where the lab itself has failed, that is the reason
        return failed(case, str(error))
    last = seen[-1]
    for done in last.commands[:-1]:
        if done.exit != 0:
            return failed(case, f"{typed(done.argv)}: {_line(last, Expected(), done)}")
    rules = scenario.faults if something_breaks else []
    idle = [rule.name for rule in rules if rule.fires == "must" and not last.fired.get(rule.name)]
    return _proven(case, last, seen[0] if something_breaks else None, idle)


def _as_scenario(proof: Proof) -> Scenario:
    """Return a scenario of which only the first two arms mean anything."""
    assert proof.holds
    return Scenario.model_construct(
        id="claim",
        title="-",
        family="field",
        sources=[],
        story="-",
        silent=False,
        diagnostics=Record(subject=Subject(module="-", version="-")),
        lesson="-",
        world=proof.world,
        client=proof.client,
        faults=proof.rules,
        break_=proof.break_,
        replay=Replay(
            before=proof.before,
            run=list(proof.commands),
            limit=proof.limit,
            healthy=Expected(),
            broken=proof.holds,
        ),
        repair=Repair(how="-", faults="remove"),
    )


def _proven(case: Case, arm: ArmResult, healthy: ArmResult | None, idle: Sequence[str]) -> Proven:
    """Say what was seen of a case; where faults were `idle`, never fired, it proves nothing."""
    proof, judged_one = case.proof, arm.judged
    assert proof.holds
    assert proof.refuted
    if arm.errors:
        return failed(case, "; ".join(arm.errors))
    if judged_one.error:
        return failed(case, f"{typed(judged_one.argv)}: {judged_one.error}")
    unlike = {
        "holds": differences_of(arm, proof.holds),
        "refuted": differences_of(arm, proof.refuted),
    }
    fits = [name for name, found in unlike.items() if not found]
    outcome: Outcome = "undecided"
    reason, line = "", flat(_first_line(judged_one))
    if idle:
        reason = f"{', '.join(idle)} never fired"
    elif fits == ["holds"]:
        outcome, line = "holds", _line(arm, proof.holds)
    elif fits == ["refuted"]:
        outcome, line = "refuted", _line(arm, proof.refuted)
    elif fits:
        reason = "what was seen fits both"
    else:
        reason = "; ".join(f"not {name}: {', '.join(found)}" for name, found in unlike.items())
        reason += f" ({line})" if line else ""
    silent = _silence(healthy, arm) if outcome in ("holds", "refuted") else "-"
    return Proven(
        case=case.name,
        outcome=outcome,
        command=typed(judged_one.argv),
        line=line,
        silent=silent,
        reason=reason,
    )


def failed(case: Case, reason: str) -> Proven:
    """Return that a case could not be replayed."""
    command = case.proof.commands[-1] if case.proof.commands else case.proof.scenario or ""
    return Proven(case=case.name, outcome="error", command=command, line="", reason=reason)


def differences_of(arm: ArmResult, expected: Expected) -> list[str]:
    """Return how what an arm has shown differs from what is expected of its judged command."""
    one = arm.judged
    done = Completed(tuple(one.argv), one.exit, one.stdout, one.stderr, one.seconds)
    return differences(done, expected, arm.project, records=arm.requests)


def _silence(healthy: ArmResult | None, arm: ArmResult) -> Silence:
    if healthy is None:
        return "-"
    if healthy.judged.exit != arm.judged.exit:
        return "loud"
    return "silent" if is_silent(healthy, arm) else "-"


def _line(arm: ArmResult, expected: Expected, done: CommandResult | None = None) -> str:
    """Return what of an arm decides: its exit status, a line for each pattern, who was asked."""
    done = done or arm.judged
    said = ["ended by the lab's limit" if done.exit is None else f"exit {done.exit}"]
    for wanted, text in (
        (expected.stdout, done.stdout),
        (expected.stderr, done.stderr),
        (expected.go_mod, arm.project.get("go.mod", "")),
    ):
        for pattern in as_list(wanted):
            lines = (line for line in text.splitlines() if patterns.found(pattern, line))
            said += [] if pattern.startswith("!") else [next(lines, "")]
    if not any(said[1:]):
        said.append(_first_line(done))
    if expected.seconds is not None:
        said.append(f"{done.seconds:.0f} s")
    for whom in expected.asked:
        said.append(f"{whom}: asked {asked.times(whom, arm.requests)}")
    for host in expected.connections:
        said.append(f"{host}: {asked.connections(host, arm.requests)} connections")
    return "; ".join(dict.fromkeys(flat(text) for text in said if text))


def _first_line(done: CommandResult) -> str:
    """Return the line that says most: the last of what went wrong, or the first of what came."""
    bad, good = done.stderr.strip().splitlines(), done.stdout.strip().splitlines()
    return bad[-1] if done.exit and bad else (good or bad or [""])[0]


def flat(text: str) -> str:
    """Return a text in one line, without what is another in each run."""
    text = _PASSING.sub("…", " ".join(text.split()))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
