"""Healthy -> broken -> repaired -> verdict.

Each arm has a fresh client in the same lab. The broken arm has the faults; a fault that never
fires there proves nothing, so the run is invalid. The repaired arm has the documented remedy.
What the arms did is compared with what the scenario says, and so is what each diagnostic said.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

from faults.rules import Rule
from lab.client import PROJECT, Client, prepare, settle
from lab.diagnostics.catalogue import diagnostics
from lab.diagnostics.interface import Diagnostic, Finding, Target
from lab.errors import LabError
from lab.expectations import differences
from lab.gosettings import first_proxy
from lab.results import (
    ARMS,
    ArmName,
    ArmResult,
    CommandResult,
    DiagnosticResult,
    Outcome,
    RunResult,
    State,
    Verdict,
)
from lab.sandbox.interface import Completed, Lab, LabSpec
from lab.scenario.load import Run, described
from lab.scenario.model import ClientSpec, Scenario, as_list
from lab.scenario.sources import cited

_AT_ONCE = 4
_NOT_FOUND = 127

Observer = Callable[[str], None]
"""Called with the name of each arm before it starts."""


@dataclass(frozen=True)
class Arm:
    """What is particular to one arm."""

    name: ArmName
    client: ClientSpec
    rules: Sequence[Rule]
    conditions: list[str]


def arms(scenario: Scenario) -> list[Arm]:
    """Return the three arms of a scenario."""
    base, rules = scenario.client, scenario.faults
    broken = base.overlaid(scenario.break_.client)
    repair = scenario.repair
    off = repair.faults == "remove"
    # A remedy is applied where the damage is, unless it removes the cause itself.
    repaired = (base if off else broken).overlaid(repair.client)
    remedy = " ".join(repair.how.split()) + (
        " (the fault is gone)" if off else " (the fault is still there)"
    )
    return [
        Arm("healthy", base, (), []),
        Arm("broken", broken, rules, _settings(scenario.break_.client)),
        Arm("repaired", repaired, () if off else rules, [remedy, *_settings(repair.client)]),
    ]


def _settings(client: ClientSpec) -> list[str]:
    """Say what a change of a client's settings is."""
    said = [f"{name}={value}" for name, value in client.env.items()]
    said += [f".netrc: {name} credential for {host}" for host, name in client.netrc.items()]
    if client.resolver:
        said.append(f"resolv.conf: options {client.resolver}")
    return said + [f"project: another {name}" for name in client.project]


def replay(
    run: Run,
    lab: Lab,
    spec: LabSpec,
    *,
    backend: str,
    seed: int,
    observe: Observer = lambda _: None,
) -> RunResult:
    """Replay one scenario in a running lab, and judge it."""
    scenario = run.scenario
    started = time.monotonic()
    results: dict[ArmName, ArmResult] = {}
    findings: dict[ArmName, dict[str, _Timed]] = {}
    chosen = [diagnostics()[name] for name in scenario.diagnostics.outcomes]
    for arm in arms(scenario):
        observe(arm.name)
        client = set_up(lab, spec, scenario, arm, seed)
        results[arm.name] = _replayed(scenario, arm, client)
        _arm(lab, arm.rules, seed)  # the diagnostics meet the faults as fresh as the replay did
        target = _target(scenario, results[arm.name].project["go.mod"])
        findings[arm.name] = _diagnosed(chosen, client, target, scenario.diagnostics.limit)
    table = [_row(scenario, target, diagnostic, findings) for diagnostic in chosen]
    silent = _is_silent(results["healthy"], results["broken"])
    verdict, reason = _judged(scenario, results, table, silent)
    return RunResult(
        **about(run),
        go=spec.toolchain.version,
        backend=backend,
        verdict=verdict,
        reason=reason,
        seconds=round(time.monotonic() - started, 3),
        silent=silent,
        arms=results,
        diagnostics=table,
        detected_by=[row.id for row in table if row.outcome == "detected"],
        missed_by=[row.id for row in table if row.outcome == "miss"],
        false_alarms=[row.id for row in table if row.outcome == "false-alarm"],
    )


def set_up(lab: Lab, spec: LabSpec, scenario: Scenario, arm: Arm, seed: int) -> Client:
    """Give a lab a fresh client, as it stands where the commands of this arm begin."""
    _arm(lab, (), seed)
    client = prepare(lab, spec, scenario.client)
    _before(scenario, client)
    if arm.name != "healthy":
        _arm(lab, arm.rules, seed)
        client = settle(lab, spec, arm.client)
    return client


def about(run: Run) -> dict[str, Any]:
    """Return the fields of a result that are known before anything is run."""
    scenario = run.scenario
    return {
        "scenario": scenario.id,
        "variant": run.variant,
        "kind": scenario.kind,
        "family": scenario.family,
        "title": scenario.title,
        "sources": cited(scenario),
        "story": " ".join(scenario.story.split()),
        "lesson": " ".join(scenario.lesson.split()),
        "faults": {rule.name: described(rule) for rule in scenario.faults},
    }


def _arm(lab: Lab, rules: Sequence[Rule], seed: int) -> None:
    """Give the edge these rules and no others, with fresh counters and an empty ledger."""
    lab.edge.arm(rules, seed=seed)


def _run(client: Client, text: str, limit: float) -> Completed:
    done = client.run(text, limit=limit)
    if done.exit == _NOT_FOUND:
        raise LabError(f"`{text}`: there is no such program in the lab")
    return done


def _before(scenario: Scenario, client: Client) -> None:
    for text in as_list(scenario.replay.before):
        done = _run(client, text, scenario.replay.limit)
        if done.exit != 0:
            said = (done.stderr or done.stdout).strip().splitlines()[-1:] or [f"exit {done.exit}"]
            raise LabError(f"`{text}`, before anything was broken, failed: {said[0]}")


def _replayed(scenario: Scenario, arm: Arm, client: Client) -> ArmResult:
    done = [_run(client, text, scenario.replay.limit) for text in scenario.replay.commands]
    records = client.lab.edge.ledger().records
    fired = client.lab.edge.fired()
    names = [f"{PROJECT}/{name}" for name in ("go.mod", "go.sum")]
    files = client.lab.read(names)
    project = {path.rpartition("/")[2]: text.decode() for path, text in files.items()}
    return ArmResult(
        conditions=arm.conditions,
        commands=[_command(completed) for completed in done],
        project=project,
        requests=records,
        fired=fired,
        differences=differences(
            done[-1], scenario.replay.expected(arm.name), project, limit=scenario.replay.limit
        ),
    )


def _command(done: Completed) -> CommandResult:
    return CommandResult(
        argv=list(done.argv),
        exit=done.exit,
        stdout=done.stdout,
        stderr=done.stderr,
        seconds=round(done.seconds, 3),
    )


def _target(scenario: Scenario, go_mod: str) -> Target:
    subject = scenario.diagnostics.subject
    match = re.search(rf"(?m)^\s*(?:require\s+)?{re.escape(subject.module)}\s+(v\S+)", go_mod)
    proxy = subject.proxy or first_proxy(scenario.client.env)
    return Target(subject.module, subject.version, match[1] if match else "", proxy)


def _diagnosed(
    chosen: Sequence[Diagnostic], client: Client, target: Target, limit: float
) -> dict[str, _Timed]:
    def look(diagnostic: Diagnostic) -> _Timed:
        started = time.monotonic()
        try:
            finding = diagnostic.check(client, target, limit)
        except LabError:
            raise
        except Exception as error:  # noqa: BLE001 - one that crashes never counts as quiet
            finding = Finding("error", f"{type(error).__name__}: {error}")
        return _Timed(finding, round(time.monotonic() - started, 3))

    names = [diagnostic.id for diagnostic in chosen]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(names, pool.map(look, chosen), strict=True))


class _Timed(NamedTuple):
    finding: Finding
    seconds: float


def _row(
    scenario: Scenario,
    target: Target,
    diagnostic: Diagnostic,
    findings: dict[ArmName, dict[str, _Timed]],
) -> DiagnosticResult:
    found = {arm: findings[arm][diagnostic.id] for arm in ARMS}
    states = {arm: timed.finding.state for arm, timed in found.items()}
    recorded: Outcome | None = scenario.diagnostics.outcomes.get(diagnostic.id)  # type: ignore[assignment]
    return DiagnosticResult(
        id=diagnostic.id,
        origin=diagnostic.origin,
        command=diagnostic.shown(target),
        **states,
        said={arm: timed.finding.said for arm, timed in found.items()},
        seconds={arm: timed.seconds for arm, timed in found.items()},
        outcome=outcome(states["healthy"], states["broken"], states["repaired"]),
        recorded=recorded,
    )


def outcome(healthy: State, broken: State, repaired: State) -> Outcome:
    """Say what a diagnostic is worth for a failure, from what it said in the three arms."""
    states = (healthy, broken, repaired)
    if "error" in states:
        return "error"
    if "unavailable" in states:
        return "unavailable"
    if healthy == "alarm":
        return "false-alarm"
    if broken == "quiet":
        return "miss"
    return "false-alarm" if repaired == "alarm" else "detected"


def _is_silent(healthy: ArmResult, broken: ArmResult) -> bool:
    """Silent: the broken arm exits as the healthy one does, and the result is another."""
    if broken.judged.exit != healthy.judged.exit:
        return False
    return (broken.judged.stdout, broken.project) != (healthy.judged.stdout, healthy.project)


def _judged(
    scenario: Scenario,
    results: dict[ArmName, ArmResult],
    table: Sequence[DiagnosticResult],
    silent: bool,
) -> tuple[Verdict, str]:
    for arm, result in results.items():
        failed = [record for record in result.requests if record.get("kind") == "error"]
        if failed:
            first = failed[0]
            what = f"rule {first.get('rule')} ({first.get('do')}): {first.get('error')}"
            return "error", f"a fault rule failed in the {arm} arm: {what}"
    idle = [rule.name for rule in scenario.faults if not results["broken"].fired.get(rule.name)]
    if idle:
        return "invalid", f"{', '.join(idle)} never fired in the broken arm: it proves nothing"
    found = [f"{arm}: {text}" for arm in ARMS for text in results[arm].differences]
    if silent != scenario.silent:
        found.append(f"measured {_silence(silent)}, recorded {_silence(scenario.silent)}")
    found += [
        f"{row.id}: measured {row.outcome}, recorded {row.recorded}"
        for row in table
        if not row.agrees
    ]
    if found:
        return "changed", "; ".join(found)
    if results["broken"].judged.exit is None:
        limit = f"{scenario.replay.limit:g} s"
        return "reproduced", f"the lab's limit of {limit} ended the broken arm, not go"
    return "reproduced", ""


def _silence(silent: bool) -> str:
    return "silent" if silent else "not silent"
