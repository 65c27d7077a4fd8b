"""Labs that stay up from one use to the next: what a test suite needs.

A lab is made for a world. Most scenarios need the base world and no other, so most of them share
one lab, in which each use begins with a fresh client, fresh rules and the origin as it was built.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from lab.api.lab import OpenLab
from lab.api.open import AnyWorld, first_arm, fitting, world_from
from lab.errors import LabError
from lab.go.toolchain import Toolchain
from lab.labs import arm_of, compiles, start
from lab.results.model import ArmName
from lab.sandbox.choose import open_backend
from lab.sandbox.interface import Backend, Lab, LabSpec
from lab.scenario.load import Run
from lab.scenario.origin import OriginChange

MOST = 4
"""Labs that are up at the same time; the one that was used longest ago makes room."""

_Key = tuple[str, bool]


class WarmLabs:
    """Labs of one backend and one Go, opened when they are needed and ended together.

    Args:
        backend: where they run.
        go: a Go version (see `Backend.toolchain`).
    """

    def __init__(self, *, backend: str = "local", go: str | None = None) -> None:
        self._backend_name, self._go = backend, go
        self._stack = ExitStack()
        self._place: tuple[Backend, Toolchain] | None = None
        self._labs: OrderedDict[_Key, tuple[ExitStack, Lab, LabSpec]] = OrderedDict()
        self.started = 0
        """How many labs were started."""

    def open(
        self,
        run: Run | None = None,
        arm: ArmName | None = None,
        *,
        world: AnyWorld | None = None,
        faults: Sequence[Mapping[str, Any]] = (),
    ) -> OpenLab:
        """Return a lab as `golab.open_lab` would open it; it is the caller's until the next call.

        Raises:
            UsageError: a rule, the world or the scenario is not valid, or there is no such arm.
            LabError: the lab could not be started.
        """
        more = world_from(world)
        _, toolchain = self.place()
        if run:
            run = fitting(run, toolchain.version)
            arm = arm or first_arm(run)
            arm_of(run, arm)
            more = run.scenario.world.merged(more)
        warm = run is not None and compiles(run.scenario)
        lab, spec = self._lab((more.model_dump_json(), warm), run, more)
        lab.edge.arm([])
        lab.origin.set(OriginChange().state)
        found = OpenLab(lab, spec, run)
        if faults:
            found.add_faults(faults)
        if arm:
            found.enter(arm)
        return found

    def place(self) -> tuple[Backend, Toolchain]:
        """Return where they run, and the Go of their clients."""
        if self._place is None:
            place = self._stack.enter_context(
                open_backend(self._backend_name, labs=MOST, go=self._go)
            )
            self._place = place, place.toolchain(self._go)
        return self._place

    def _lab(self, key: _Key, run: Run | None, world: Any) -> tuple[Lab, LabSpec]:
        backend, toolchain = self.place()
        if key in self._labs:
            stack, lab, spec = self._labs.pop(key)
            try:
                lab.check()
            except LabError:  # a test has ended a part of it, and the next one has another
                _close(stack)
            else:
                self._labs[key] = stack, lab, spec
                return lab, spec
        while len(self._labs) >= MOST:
            _close(self._labs.popitem(last=False)[1][0])
        if key[1]:
            backend.warm(toolchain)
        name = run.name if run else "python"
        stack = ExitStack()
        lab, spec = stack.enter_context(
            start(backend, toolchain, name=name, world=world, warm=key[1])
        )
        self._labs[key] = stack, lab, spec
        self.started += 1
        return lab, spec

    def close(self) -> None:
        """End all of them.

        Raises:
            LabError: something of a lab is left.
        """
        for stack, _, _ in self._labs.values():
            self._stack.enter_context(stack)
        self._labs.clear()
        self._place = None
        self._stack.close()


def _close(stack: ExitStack) -> None:
    """End a lab that is not needed any more; what is wrong with it is nobody's concern now."""
    with suppress(LabError):
        stack.close()
