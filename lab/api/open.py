"""A lab for Python programs: open one, run commands in it, switch faults on and off.

with open_lab("auth-fallback", arm="broken") as lab:
    print(lab.run("go list -m -versions git.corp.example/lib").stdout)

with open_lab(faults=rules) as lab:
    client = lab.client(env={"GOPROXY": "https://proxy.golang.org"})
    with lab.fault("stale-list"):
        client.run("go get github.com/spf13/cobra@latest", limit=20)
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.api.lab import OpenLab, rules_of
from lab.errors import UsageError
from lab.go.toolchain import Progress
from lab.labs import arm_of, compiles, start
from lab.results.model import ArmName
from lab.sandbox.choose import open_backend
from lab.scenario.load import Run, single
from lab.world.load import load_world, world_of
from lab.world.model import World

AnyWorld = World | Mapping[str, Any] | str | os.PathLike[str]
"""A world, or its data as in a world file, or the path of such a file."""


@contextmanager
def open_lab(
    scenario: str | os.PathLike[str] | None = None,
    *,
    arm: ArmName | None = None,
    faults: Sequence[Mapping[str, Any]] = (),
    world: AnyWorld | None = None,
    go: str | None = None,
    backend: str = "local",
    seed: int = 0,
    progress: Progress | None = None,
) -> Iterator[OpenLab]:
    """Open a sealed lab; leaving the block removes all of it.

    Args:
        scenario: the one whose arms there are: an `id`, an `id/variant`, or the path of a file.
        arm: in which arm of it the lab is at first; by default broken, or healthy of a control.
        faults: rules as in a scenario file; all are switched off at first.
        world: what is needed beyond the base world and that of the scenario.
        go: a Go version (see `Backend.toolchain`).
        backend: where it runs.
        seed: fixes every chance.
        progress: called while a toolchain is fetched.

    Raises:
        UsageError: a rule, the world or the scenario is not valid, or there is no such arm.
        LabError: the lab could not be started.
    """
    rules = rules_of(faults)
    more = world_from(world)
    run = None if scenario is None else single(os.fspath(scenario))
    if run is None and arm is not None:
        raise UsageError(f"the {arm} arm of which scenario?")
    if run is not None:
        arm = arm or first_arm(run)
        arm_of(run, arm)
    with open_backend(backend, go=go) as place:
        toolchain = place.toolchain(go, progress)
        warm = run is not None and compiles(run.scenario)
        if warm:
            place.warm(toolchain, progress)
        run = fitting(run, toolchain.version) if run else None
        needed = run.scenario.world.merged(more) if run else more
        name = run.name if run else "python"
        with start(place, toolchain, name=name, world=needed, warm=warm) as (lab, spec):
            lab.edge.arm([], seed=seed)
            opened = OpenLab(lab, spec, run, seed=seed)
            if rules:
                opened.add_faults(faults)
            if arm:
                opened.enter(arm)
            yield opened


def first_arm(run: Run) -> ArmName:
    """Return the arm that is meant where none is named."""
    return "healthy" if run.scenario.is_control else "broken"


def fitting(run: Run, go: str) -> Run:
    """Return a scenario as it is with a Go version.

    Raises:
        UsageError: it is not about this one.
    """
    if why := run.uncovered(go):
        raise UsageError(f"{run.name}: {why}")
    return run.with_go(go)


def world_from(world: AnyWorld | None) -> World:
    """Return a world, whatever form it has.

    Raises:
        ScenarioError: it is not valid.
    """
    match world:
        case None:
            return World()
        case World():
            return world
        case Mapping():
            return world_of(world)
    return load_world(Path(world))
