"""Replays the cases of claims in labs, and says what each came to."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from faults.rules import Rule
from lab import asked, gocache, patterns
from lab.claims.model import Case, Claim, Proof
from lab.claims.results import Measured, Outcome, Proven, Silence, judged
from lab.client import PROJECT, Client, prepare, settle
from lab.client_spec import ClientSpec
from lab.errors import LabError
from lab.expectations import Expected, differences
from lab.labs import start, start_for
from lab.replay.commands import recorded, run_command
from lab.replay.replay import replay
from lab.replay.verdict import is_silent
from lab.results import ArmResult, CommandResult
from lab.sandbox.interface import Backend, Completed, Lab, LabSpec
from lab.scenario.load import select
from lab.schema import as_list
from lab.toolchain import Toolchain

_PASSING = re.compile(r"\(\d+\.\d+s\)|(?<=:)\d+(?=->)|(?<=/tmp/)[^\s/]+")
_LONGEST = 200


def measured(claim: Claim, backend: Backend, toolchain: Toolchain, seed: int) -> Measured:
    """Replay every case of a claim with one toolchain, those of one world in one lab.

    Raises:
        LabError: a lab could not be started, or failed.
    """
    if claim.untestable:
        return Measured(verdict="not testable here", condition=_flat(claim.untestable))
    cases = claim.replays
    worlds: dict[str, list[Case]] = {}
    for case in cases:
        if case.proof.scenario is None:
            worlds.setdefault(case.proof.world.model_dump_json(), []).append(case)
    proofs: dict[str, Proven] = {}
    for own in worlds.values():
        world = own[0].proof.world
        warm = gocache.compiles(case.proof.model_dump_json() for case in own)
        with start(backend, toolchain, name=claim.id, world=world, warm=warm) as (lab, spec):
            for case in own:
                proofs[case.name] = _replayed(case, lab, spec, seed)
    for case in cases:
        if case.proof.scenario is not None:
            proofs[case.name] = _of_scenario(case, backend, toolchain, seed)
    return judged([proofs[case.name] for case in cases])


def _of_scenario(case: Case, backend: Backend, toolchain: Toolchain, seed: int) -> Proven:
    assert case.proof.scenario
    (run,) = select([case.proof.scenario])
    with start_for(run, backend, toolchain) as (lab, spec):
        result = replay(run, lab, spec, backend=backend.name, seed=seed)
    arm = result.arms[case.proof.arm]
    idle = [
        rule.name
        for rule in run.scenario.faults
        if case.proof.arm == "broken" and not arm.fired.get(rule.name)
    ]
    healthy = result.arms["healthy"] if case.proof.arm == "broken" else None
    shown = f"golab run {run.name}: {_command(arm.judged)}"
    return _proven(case, arm, healthy, idle).model_copy(update={"command": shown})


def _replayed(case: Case, lab: Lab, spec: LabSpec, seed: int) -> Proven:
    proof = case.proof
    rules = proof.rules
    well = proof.client.overlaid(proof.control or ClientSpec())
    try:
        healthy = None
        if rules or proof.control:
            healthy = _gone_through(proof, lab, spec, seed, well, well, ())
        arm = _gone_through(proof, lab, spec, seed, well, proof.client, rules)
        lab.check()
    except LabError as error:
        lab.check()  # where the lab itself has failed, that is the reason
        return _failed(case, str(error))
    idle = [rule.name for rule in rules if not arm.fired.get(rule.name)]
    return _proven(case, arm, healthy, idle)


def _gone_through(
    proof: Proof,
    lab: Lab,
    spec: LabSpec,
    seed: int,
    well: ClientSpec,
    settings: ClientSpec,
    rules: Sequence[Rule],
) -> ArmResult:
    """Do what a case says with a fresh client: `before` as all is well, then with these settings.

    Raises:
        LabError: a command that must succeed did not.
    """
    lab.edge.arm((), seed=seed)
    client = prepare(lab, spec, well)
    for text in as_list(proof.before):
        _succeed(client, text, proof.limit)
    if settings != well:
        client = settle(lab, spec, settings, settings)
    lab.edge.arm(rules, seed=seed)
    *first, last = proof.commands
    commands = [_succeed(client, text, proof.limit) for text in first]
    commands.append(recorded(run_command(client, last, proof.limit)))
    records = lab.edge.ledger().records
    read = lab.read([f"{PROJECT}/{name}" for name in ("go.mod", "go.sum")]).found
    return ArmResult(
        commands=commands,
        project={
            path.rpartition("/")[2]: content.decode(errors="replace")
            for path, content in read.items()
        },
        requests=records,
        asked=asked.subjects(records),
        fired=lab.edge.fired(),
    )


def _succeed(client: Client, text: str, limit: float) -> CommandResult:
    done = recorded(run_command(client, text, limit))
    if done.exit != 0 or done.error:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:] or [f"exit {done.exit}"]
        raise LabError(f"`{text}` failed: {done.error or said[0]}")
    return done


def _proven(case: Case, arm: ArmResult, healthy: ArmResult | None, idle: Sequence[str]) -> Proven:
    """Say what was seen of a case; where faults were `idle`, never fired, it proves nothing."""
    proof, judged_one = case.proof, arm.judged
    assert proof.holds
    assert proof.refuted
    if judged_one.error:
        return _failed(case, f"{_command(judged_one)}: {judged_one.error}")
    unlike = {
        "holds": differences_of(arm, proof.holds),
        "refuted": differences_of(arm, proof.refuted),
    }
    fits = [name for name, found in unlike.items() if not found]
    outcome: Outcome = "undecided"
    reason, line = "", _flat(_first_line(judged_one))
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
        command=_command(judged_one),
        line=line,
        silent=silent,
        reason=reason,
    )


def _failed(case: Case, reason: str) -> Proven:
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


def _command(done: CommandResult) -> str:
    return done.argv[-1] if done.argv[:2] == ["sh", "-c"] else shlex.join(done.argv)


def _line(arm: ArmResult, expected: Expected) -> str:
    """Return what of an arm decides: its exit status, a line for each pattern, who was asked."""
    done = arm.judged
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
    return "; ".join(dict.fromkeys(_flat(text) for text in said if text))


def _first_line(done: CommandResult) -> str:
    """Return the line that says most: the last of what went wrong, or the first of what came."""
    bad, good = done.stderr.strip().splitlines(), done.stdout.strip().splitlines()
    return bad[-1] if done.exit and bad else (good or bad or [""])[0]


def _flat(text: str) -> str:
    text = _PASSING.sub("…", " ".join(text.split()))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
