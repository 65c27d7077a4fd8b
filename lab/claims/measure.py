"""Replays the cases of claims in labs, and says what each came to."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from faults.rules import Rule
from lab.claims.model import Case, Claim, Proof
from lab.claims.results import Measured, Proven, Silence, judged
from lab.client import prepare, settle
from lab.client_spec import ClientSpec
from lab.errors import LabError
from lab.expectations import Expected, differences
from lab.labs import start
from lab.patterns import found
from lab.replay.commands import project, recorded, run_command
from lab.replay.replay import replay
from lab.replay.verdict import is_silent
from lab.results import ArmResult, CommandResult
from lab.sandbox.interface import Backend, Completed, Lab, LabSpec
from lab.scenario.load import select
from lab.schema import as_list
from lab.toolchain import Toolchain
from lab.world.model import World

_PASSING = re.compile(r"\(\d+\.\d+s\)|(?<=:)\d+(?=->)|/tmp/\S+|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d")
_LONGEST = 300


class Bench:
    """Where the claims of one thread are measured: a lab of the base world, started when needed."""

    def __init__(self, backend: Backend, toolchain: Toolchain, seed: int) -> None:
        self.backend = backend
        self.toolchain = toolchain
        self.seed = seed

    def measure(self, claim: Claim, observe: Callable[[str], None] = lambda _: None) -> Measured:
        """Replay every case of a claim."""
        if claim.untestable:
            return Measured(verdict="not testable here", condition=claim.untestable)
        worlds: dict[str, list[Case]] = {}
        for case in claim.replays:
            worlds.setdefault(case.proof.world.model_dump_json(), []).append(case)
        proofs: dict[str, Proven] = {}
        for cases in worlds.values():
            own = [case for case in cases if case.proof.scenario is None]
            if own:
                with self._lab(claim.id, own[0].proof.world) as (lab, spec):
                    for case in own:
                        observe(case.name)
                        proofs[case.name] = self._case(case, lab, spec)
            for case in cases:
                if case.proof.scenario is not None:
                    observe(case.name)
                    proofs[case.name] = self._scenario(case)
        return judged([proofs[case.name] for case in claim.replays])

    def _lab(self, name: str, world: World):  # type: ignore[no-untyped-def]
        return start(self.backend, self.toolchain, name=name, world=world)
