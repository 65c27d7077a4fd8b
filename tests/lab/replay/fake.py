"""A lab in memory: it keeps what it is told, and lists every call in the order in which it came."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self, cast

from faults.rules import Rule
from lab.errors import LabError
from lab.go.toolchain import Toolchain
from lab.sandbox.controls import EdgeControl, OriginControl, Records
from lab.sandbox.interface import (
    Answer,
    Command,
    Completed,
    Files,
    Handshake,
    LabSpec,
    Listed,
    Request,
)
from lab.sandbox.running import Event, Running
from lab.scenario.load import Run
from lab.scenario.model import Scenario
from lab.world.load import base_world
from lab.world.tree import Tree

Answers = Callable[[str, "FakeLab"], Completed | str]
"""What a command line comes to in a lab; text is what it prints, with exit 0."""

SPEC = LabSpec(
    "fake",
    cast("Tree", SimpleNamespace(world=base_world(), gosumdb="sum.golang.org")),
    Toolchain("1.99.0", Path("/nowhere")),
)
RULE = {"name": "gone", "where": {"endpoint": "list"}, "do": {"respond": 410}}
LINE = "go list -m -versions github.com/spf13/cobra"


def completed(
    exit_: int | None = 0, stdout: str = "", stderr: str = "", hit: str = ""
) -> Completed:
    return Completed((), exit_, stdout, stderr, 0.0, hit)


def honest(line: str, lab: FakeLab) -> Completed | str:
    """A healthy client: it sees all versions, unless a rule of the edge acts."""
    if line == LINE and lab.rules.acting:
        lab.rules.fire()
        return "cobra\n"
    return "cobra v1 v2\n" if line == LINE else "https://proxy.golang.org\n"


class FakeEdge(EdgeControl):
    """Rules that are armed, and act when a command of the lab says so."""

    def __init__(self, calls: list[str]) -> None:
        self.calls = calls
        self.acting: list[str] = []
        self.off: list[str] = []
        self.seeds: list[int] = []
        self.hits: dict[str, int] = {}
        self.records: list[dict[str, Any]] = []

    def arm(self, rules: Sequence[Rule], *, seed: int = 0, on: bool = True) -> list[str]:
        names = [rule.name for rule in rules]
        self.calls.append(f"arm {' '.join(names)}".strip())
        self.acting = names if on else []
        self.seeds.append(seed)
        self.hits = dict.fromkeys(names, 0)
        self.records = []
        return []

    def switch(self, name: str, *, on: bool) -> None:
        assert not on
        self.acting.remove(name)
        self.off.append(name)

    def fire(self) -> None:
        for name in self.acting:
            self.hits[name] += 1

    def fired(self) -> dict[str, int]:
        return dict(self.hits)

    def ledger(self, after: int = 0) -> Records:
        return Records(self.records[after:], len(self.records))


class FakeLab:
    """A lab whose commands are a function of golab's own; see `lab.sandbox.interface.Lab`."""

    resolver = "198.18.0.2"

    def __init__(self, answers: Answers = honest) -> None:
        self.answers = answers
        self.calls: list[str] = []
        self.rules = FakeEdge(self.calls)
        self.edge: EdgeControl = self.rules
        self.origin = OriginControl(dict)
        self.files: dict[str, bytes] = {}
        self.environments: list[Mapping[str, str]] = []
        self.programs = {"go", "curl", "jq"}
        self.answer = Answer("done", 200)
        self.dead = self.uncopied = ""
        self.ended = False
        self._one = threading.Lock()

    def fresh(self) -> None:
        self.calls.append("fresh")
        self.files = {}

    def check(self) -> None:
        self.calls.append("check")
        if self.dead:
            raise LabError(f"the {self.dead} of the lab has ended")

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, text in files.items():
            self.files[name] = text.encode() if isinstance(text, str) else text

    def read(self, paths: Sequence[str]) -> Files:
        return Files({path: self.files[path] for path in paths if path in self.files})

    def remove(self, path: str) -> None:
        self.files.pop(path, None)

    def link(self, source: str, target: str) -> None:
        self.calls.append(f"link {source} {target}")

    def copy(self, source: str, target: str, *, without: Sequence[str], limit: float) -> str:
        self.calls.append(f"copy {source} {target}")
        return self.uncopied

    def run(self, command: Command) -> Completed:
        shell = command.argv[:2] == ("sh", "-c")
        line = command.argv[2].rpartition("; }\n")[2] if shell else " ".join(command.argv)
        with self._one:
            self.calls.append(f"run {line}")
            self.environments.append(command.env)
            answer = self.answers(line, self)
        return completed(0, answer) if isinstance(answer, str) else answer

    def has(self, program: str, path: str) -> bool:
        return program in self.programs

    def listing(self, folder: str) -> list[Listed]:
        inside = [name.removeprefix(f"{folder}/") for name in self.files if folder in name]
        return [Listed(name, "file", 0) for name in sorted(inside) if "/" not in name]

    def fetch(self, request: Request) -> Answer:
        return self.answer

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        return {self.resolver: self.answer.error or "198.18.0.2"}

    def handshake(self, address: str, server_name: str, limit: float, port: int = 443) -> Handshake:
        return Handshake(self.answer.error)

    def resolv_conf(self, text: str) -> None:
        self.files["/etc/resolv.conf"] = text.encode()

    def open(
        self, command: Command, *, terminal: tuple[int, int] | None, on_event: Event
    ) -> Running:
        raise NotImplementedError

    def wait(self, limit: float | None = None) -> bool:
        return self.ended

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ended = True


def a_run(variant: str | None = None, /, **changes: Any) -> Run:
    """A scenario in which a rule hides all versions of a module, with some of its keys changed."""
    seen = {"exit": 0, "stdout": "^cobra v1 v2$"}
    said = {
        "id": "hidden",
        "title": "A proxy hides versions",
        "family": "versions",
        "sources": [{"article": "silent-symptoms"}],
        "story": "All versions\nare gone.",
        "client": {"env": {"GOPROXY": "https://proxy.golang.org"}},
        "faults": [RULE],
        "silent": True,
        "repair": {"how": "The proxy is mended.", "faults": "remove"},
        "diagnostics": {"subject": {"module": "github.com/spf13/cobra", "version": "v2"}},
        "lesson": "Look twice.",
        **changes,
    }
    replay = {"run": LINE, "healthy": seen, "broken": {"exit": 0, "stdout": "^cobra$"}}
    said["replay"] = {**replay, **changes.get("replay", {})}
    return Run(variant=variant, scenario=Scenario.model_validate(said))
