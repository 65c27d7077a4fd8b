"""The three arms of a scenario, and how a client is set up in one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from faults.rules import Rule
from lab.client import DEFAULT_GO_MOD, Client, prepare, settle
from lab.errors import LabError
from lab.replay.commands import Done, carried_out, run_command
from lab.results.model import ArmName
from lab.sandbox.interface import Lab, LabSpec
from lab.scenario.commands import Change, Step
from lab.scenario.model import Scenario
from lab.scenario.origin import OriginChange
from lab.spec.client import ClientSpec, Files
from lab.spec.schema import as_list


@dataclass(frozen=True)
class Stage:
    """What happens to a client: the break, or the remedy.

    Attributes:
        name: which of them, as in the file.
        client: its settings from here on.
        change: the files that are written or taken away.
        origin: how the origin stands from here on.
        rules: the faults from here on.
        steps: what it does then.
    """

    name: str
    client: ClientSpec
    change: ClientSpec
    origin: OriginChange
    rules: Sequence[Rule]
    steps: Sequence[Step] = ()


@dataclass(frozen=True)
class Arm:
    """What is particular to one arm: what happens to a healthy client until its commands begin."""

    name: ArmName
    client: ClientSpec
    rules: Sequence[Rule]
    conditions: list[str]
    stages: Sequence[Stage] = field(default=())


class Begun(NamedTuple):
    """A client where the commands of an arm begin, and what break and remedy did until then."""

    client: Client
    prepared: list[Done]


def arms(scenario: Scenario) -> list[Arm]:
    """Return the three arms of a scenario, or the one of a control."""
    base, damage, repair = scenario.client, scenario.break_, scenario.repair
    always = scenario.circumstances
    healthy = Arm("healthy", base, always, [])
    if scenario.is_control:
        return [healthy]
    broken = base.overlaid(damage.client)
    withdrawn = scenario.origin.overlaid(damage.origin)
    breaks = Stage("break", broken, damage.client, withdrawn, scenario.faults, damage.steps)
    remedy = _remedy(scenario, breaks, always)
    # A remedy is applied where the damage is, unless it removes the cause itself.
    done = [breaks, remedy] if breaks.steps else [remedy]
    off = repair.faults == "remove"
    said = " ".join(repair.how.split())
    if len(scenario.faults) > len(always):
        said += f" (the fault is {'gone' if off else 'still there'})"
    return [
        healthy,
        Arm("broken", broken, breaks.rules, _conditions(damage), [breaks]),
        Arm("repaired", remedy.client, remedy.rules, [said, *_conditions(repair)], done),
    ]


def _remedy(scenario: Scenario, breaks: Stage, always: Sequence[Rule]) -> Stage:
    repair, client = scenario.repair, scenario.repair.client
    change = breaks.change.overlaid(client)
    if repair.faults == "keep":
        kept = client if breaks.steps else change
        after = breaks.client.overlaid(client)
        origin = breaks.origin.overlaid(repair.origin)
        return Stage("repair", after, kept, origin, breaks.rules, repair.steps)
    # What the break has set is taken back; what its commands did is for those of the remedy.
    undone = _as_before(scenario.client, breaks.change) if breaks.steps else ClientSpec()
    after = scenario.client.overlaid(client)
    origin = scenario.origin.overlaid(repair.origin)
    return Stage("repair", after, undone.overlaid(client), origin, always, repair.steps)


def _conditions(change: Change) -> list[str]:
    return [*settings(change.client), *change.origin.settings()]


def _as_before(base: ClientSpec, change: ClientSpec) -> ClientSpec:
    """Return the files that a change touches as they are without it."""
    project: Files = {"go.mod": DEFAULT_GO_MOD, **base.project}
    return ClientSpec(
        project={name: project.get(name) for name in change.project},
        files={name: base.files.get(name) for name in change.files},
    )


def settings(client: ClientSpec) -> list[str]:
    """Say what a change of a client's settings is."""
    said = [
        f"{name} is not set" if value is None else f"{name}={value}"
        for name, value in client.env.items()
    ]
    said += [f".netrc: {name or 'no'} credential for {host}" for host, name in client.netrc.items()]
    if "resolver" in client.model_fields_set:
        said.append(f"resolv.conf: {f'options {client.resolver}' if client.resolver else 'plain'}")
    if "resolvers" in client.model_fields_set:
        names = ", ".join(map(str, client.resolvers or ["lab"])).replace("lab", "the lab's")
        said.append(f"resolv.conf: asks {names}")
    for place, files in (("project", client.project), ("home", client.files)):
        said += [
            f"{place}: {'no' if file is None else 'another'} {name}" for name, file in files.items()
        ]
    return said


def set_up(lab: Lab, spec: LabSpec, scenario: Scenario, arm: Arm, seed: int) -> Begun:
    """Give a lab a fresh client, as it stands where the commands of this arm begin.

    Raises:
        LabError: what the client does before anything is broken failed.
    """
    rules: Sequence[Rule] = scenario.circumstances
    lab.edge.arm(rules, seed=seed)  # no fault touches what is done while all is well
    origin = OriginChange()  # as each lab begins
    parts = (scenario.origin, scenario.break_.origin, scenario.repair.origin)
    if any(part != origin for part in parts):  # and an arm before this one may have changed it
        lab.origin.set(scenario.origin.state)
        origin = scenario.origin
    client = prepare(lab, spec, scenario.client)
    _before(scenario, client)
    if not arm.stages:
        lab.edge.arm(rules, seed=seed)  # what was done before is not on its record
    prepared: list[Done] = []
    for stage in arm.stages:
        if stage.rules is not rules:
            rules = stage.rules
            lab.edge.arm(rules, seed=seed)
        if stage.origin != origin:
            origin = stage.origin
            lab.origin.set(origin.state)
        client = settle(lab, spec, stage.client, stage.change)
        for step in stage.steps:
            limit = step.limit or scenario.replay.limit
            prepared.append(carried_out(client, step.run, step, limit, f"{stage.name}: "))
    return Begun(client, prepared)


def _before(scenario: Scenario, client: Client) -> None:
    for text in as_list(scenario.replay.before):
        done, error = run_command(client, text, scenario.replay.limit)
        if done.exit != 0 or error:
            said = (done.stderr or done.stdout).strip().splitlines()[-1:] or [f"exit {done.exit}"]
            raise LabError(f"`{text}`, before anything was broken, failed: {error or said[0]}")
