"""The three arms of a scenario, and how a client is set up in one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from faults.rules import Rule
from lab.client import Client, prepare, settle
from lab.client_spec import ClientSpec
from lab.errors import LabError
from lab.replay.commands import run_command
from lab.results import ArmName
from lab.sandbox.interface import Lab, LabSpec
from lab.scenario.model import Scenario
from lab.schema import as_list


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


def set_up(lab: Lab, spec: LabSpec, scenario: Scenario, arm: Arm, seed: int) -> Client:
    """Give a lab a fresh client, as it stands where the commands of this arm begin.

    Raises:
        LabError: what the client does before anything is broken failed.
    """
    lab.edge.arm((), seed=seed)  # nothing of the arm before touches what is done while all is well
    client = prepare(lab, spec, scenario.client)
    _before(scenario, client)
    lab.edge.arm(arm.rules, seed=seed)  # also with none: what was done before is not on its record
    if arm.name != "healthy":
        client = settle(lab, spec, arm.client)
    return client


def _before(scenario: Scenario, client: Client) -> None:
    for text in as_list(scenario.replay.before):
        done, error = run_command(client, text, scenario.replay.limit)
        if done.exit != 0 or error:
            said = (done.stderr or done.stdout).strip().splitlines()[-1:] or [f"exit {done.exit}"]
            raise LabError(f"`{text}`, before anything was broken, failed: {error or said[0]}")
