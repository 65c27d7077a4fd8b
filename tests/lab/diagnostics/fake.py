"""A machine in memory: what its network answers is a table, and whom it contacts is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from lab.diagnostics.catalogue import Probe, diagnostics
from lab.diagnostics.interface import Finding, Subject
from lab.diagnostics.view import GoView
from lab.sandbox.interface import Answer, Completed, Files, Handshake, Listed, Request

PUBLIC = "https://proxy.golang.org"


def ok(body: str | bytes, **headers: str) -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    said = {"content-length": str(len(raw)), **{k.replace("_", "-"): v for k, v in headers.items()}}
    return Answer("done", 200, said, raw)


def status(number: int, **headers: str) -> Answer:
    return Answer("done", number, headers)


class FakeMachine:
    """See `lab.diagnostics.machine.Machine`; without a go, unless `runs` has it.

    Args:
        answers: URL, or what it begins with -> answer, one after the other if there are several;
            404 for all else.
        env: its environment.
        files: path -> content.
        resolvers: what each says of any name.
        shakes: server name -> what is wrong with its handshake.
        runs: command line, or what it begins with -> what it prints.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer | Sequence[Answer]] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        files: Mapping[str, str] | None = None,
        resolvers: Mapping[str, str] | None = None,
        shakes: Mapping[str, str] | None = None,
        runs: Mapping[str, str | Completed] | None = None,
    ) -> None:
        self.env = {"HOME": "/home/me", "GOPROXY": PUBLIC, **(env or {})}
        self.project = "/home/me/project"
        self.answers = dict(answers or {})
        self.files = dict(files or {})
        self.resolvers = {"192.0.2.53": "192.0.2.1"} if resolvers is None else resolvers
        self.shakes, self.runs = dict(shakes or {}), dict(runs or {})
        self.asked: list[Request] = []
        self.contacted: list[str] = []

    def run(
        self,
        argv: Sequence[str],
        *,
        limit: float,
        env: Mapping[str, str] | None = None,
        cwd: str = "",
    ) -> Completed:
        line = " ".join(argv)
        known = next((start for start in self.runs if line.startswith(start)), "")
        done = self.runs.get(known, Completed((), 127, "", "not found\n", 0.0))
        return Completed(tuple(argv), 0, done, "", 0.0) if isinstance(done, str) else done

    def has(self, program: str) -> bool:
        return any(line.partition(" ")[0] == program for line in self.runs)

    def request(self, request: Request) -> Answer:
        self.asked.append(request)
        self.contacted.append(request.url)
        fits = [start for start in self.answers if request.url.startswith(start)]
        if not fits:
            return status(404)
        found = self.answers[max(fits, key=len)]
        if isinstance(found, Answer):
            return found
        times = sum(each.url == request.url for each in self.asked)
        return found[min(times, len(found)) - 1]

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        self.contacted.append(name)
        return self.resolvers

    def handshake(self, address: str, server_name: str, limit: float, port: int = 443) -> Handshake:
        self.contacted.append(server_name)
        return Handshake(self.shakes.get(server_name, ""))

    def read(self, paths: Sequence[str]) -> Files:
        return Files(
            {path: self.files[path].encode("latin-1") for path in paths if path in self.files}
        )

    def listing(self, folder: str) -> list[Listed]:
        inside = [path for path in self.files if path.startswith(f"{folder}/")]
        names = sorted(path.removeprefix(f"{folder}/") for path in inside)
        return [Listed(name, "file", len(self.files[f"{folder}/{name}"])) for name in names]

    @contextmanager
    def scratch(self) -> Iterator[str]:
        yield "/scratch"


def view(machine: FakeMachine) -> GoView:
    return GoView(machine, 5)


def look(name: str, machine: FakeMachine, module: str, required: str = "") -> Finding:
    """Return what a probe says of a module on a machine."""
    probe = diagnostics()[name]
    assert isinstance(probe, Probe)
    return probe.ask(view(machine), Subject(module, required), 5)
