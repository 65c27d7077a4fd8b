"""The start of a lab, whoever wants it: its world is built, it comes up, a client moves in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from lab.client import Client, as_it_stands
from lab.errors import LabError, UsageError
from lab.go import buildcache
from lab.go.toolchain import Toolchain
from lab.replay.arms import Arm, Begun, arms, set_up
from lab.replay.replay import replay
from lab.results.model import ArmName, RunResult
from lab.sandbox.interface import Backend, Lab, LabHandle, LabSpec
from lab.scenario.load import Run
from lab.scenario.model import Scenario
from lab.spec.schema import as_list
from lab.world.build import build
from lab.world.load import base_world
from lab.world.model import World


class Started(NamedTuple):
    """A lab that is up and sealed, without a client, and what it is made of."""

    lab: LabHandle
    spec: LabSpec


class Held(NamedTuple):
    """A lab whose client stands where the commands of an arm begin."""

    lab: LabHandle
    spec: LabSpec
    client: Client


@contextmanager
def start(
    backend: Backend,
    toolchain: Toolchain,
    *,
    name: str,
    world: World,
    arm: str = "",
    warm: bool = False,
) -> Iterator[Started]:
    """Start a lab; leaving the block removes all of it.

    Args:
        backend: where it runs.
        toolchain: the Go of its client.
        name: what to call it.
        world: what is needed beyond the base world.
        arm: that in which it is held open, '' if it goes through all or is in none.
        warm: whether its clients find Go's standard library compiled.

    Raises:
        LabError: the lab could not be started, or leads somewhere.
    """
    spec = LabSpec(name, build(base_world().merged(world)), toolchain, arm, warm)
    with backend.start(spec) as lab:
        yield Started(lab, spec)


@contextmanager
def start_for(
    run: Run, backend: Backend, toolchain: Toolchain, *, arm: str = ""
) -> Iterator[Started]:
    """Start the lab that a scenario needs; see `start`."""
    scenario = run.scenario
    warm = compiles(scenario)
    with start(
        backend, toolchain, name=run.name, world=scenario.world, arm=arm, warm=warm
    ) as started:
        yield started


def compiles(scenario: Scenario) -> bool:
    """Say whether a scenario has go compile something: in a command, or in a script of its own."""
    changes = (scenario.break_, scenario.repair)
    steps = [step for change in changes for step in change.steps]
    files = [part.client.model_dump_json() for part in (scenario, *changes)]
    before = as_list(scenario.replay.before)
    return buildcache.compiles(
        [*before, *scenario.replay.commands, *(step.run for step in steps), *files]
    )


@contextmanager
def hold(
    run: Run, arm: ArmName, backend: Backend, toolchain: Toolchain, *, seed: int = 0
) -> Iterator[Held]:
    """Start a lab and take it into one arm of a scenario; leaving the block removes all of it.

    All rules of the scenario are there; those that this arm does not have are switched off.

    Raises:
        LabError: the lab could not be started, or what comes before the arm failed.
        UsageError: a control has no such arm.
    """
    run = run.with_go(toolchain.version)
    chosen = arm_of(run, arm)
    with start_for(run, backend, toolchain, arm=arm) as (lab, spec):
        yield Held(lab, spec, entered(lab, spec, run, chosen, seed=seed).client)


def arm_of(run: Run, name: ArmName) -> Arm:
    """Return one arm of a scenario.

    Raises:
        UsageError: a control has no such arm.
    """
    chosen = next((one for one in arms(run.scenario) if one.name == name), None)
    if chosen is None:
        raise UsageError(f"{run.name} is a control: it has no {name} arm, only the healthy one")
    return chosen


def entered(lab: Lab, spec: LabSpec, run: Run, arm: Arm, *, seed: int) -> Begun:
    """Take a lab into an arm: a fresh client, as it stands where the commands of the arm begin.

    All rules of the scenario are there; those that the arm does not have are switched off.

    Raises:
        LabError: what comes before the arm failed.
    """
    begun = set_up(lab, spec, run.scenario, arm, seed)
    if wrong := [text for one in begun.prepared for text in one.differences]:
        raise LabError("; ".join(wrong))
    armed(lab, run, arm, seed=seed)
    return begun


def armed(lab: Lab, run: Run, arm: Arm, *, seed: int) -> None:
    """Give a lab all rules of a scenario afresh, and switch off those that an arm does not have."""
    lab.edge.arm(run.scenario.faults, seed=seed)
    for rule in run.scenario.faults:
        if rule not in arm.rules:
            lab.edge.switch(rule.name, on=False)


@contextmanager
def hold_after_replay(
    run: Run,
    backend: Backend,
    toolchain: Toolchain,
    *,
    seed: int,
    observe: Callable[[str], None],
) -> Iterator[tuple[Held, RunResult]]:
    """Start a lab, replay a scenario in it, and keep it as the last arm left it.

    All rules of the scenario are there; those that the last arm does not have are switched off.

    Raises:
        LabError: the lab could not be started, or failed.
    """
    scenario = run.scenario
    last = arms(scenario)[-1]
    with start_for(run, backend, toolchain, arm=last.name) as (lab, spec):
        result = replay(run, lab, spec, backend=backend.name, seed=seed, observe=observe)
        lab.edge.add([rule for rule in scenario.faults if rule not in last.rules], on=False)
        yield Held(lab, spec, as_it_stands(lab, spec, last.client)), result
