"""The project that a probe looks at: its files as they stand, and copies that go may write."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from lab.diagnostics.lints.model import Setup
from lab.diagnostics.machine import Machine
from lab.diagnostics.view import GoView
from lab.sandbox.interface import Completed
from lab.world.gomod import Requirements, requirements
from lab.world.modpath import escape

_NO_MODULE = ("", "/dev/null", "NUL")


@dataclass(frozen=True)
class Project:
    """A module on a machine.

    `root` is its directory, `go_mod` and `go_sum` the texts of its files, '' for one that is not
    there.
    """

    root: str
    go_mod: str
    go_sum: str

    @property
    def required(self) -> Requirements:
        """What go.mod asks for."""
        return requirements(self.go_mod)

    @property
    def sums(self) -> Mapping[tuple[str, str], str]:
        """What go.sum says: module and version (or `version/go.mod`) -> hash, the first of two."""
        found: dict[tuple[str, str], str] = {}
        for line in self.go_sum.splitlines():
            words = line.split()
            if len(words) == 3:
                found.setdefault((words[0], words[1]), words[2])
        return found

    @property
    def versions(self) -> list[tuple[str, str]]:
        """The module versions of which go.sum has a hash of the whole, what is required first."""
        needed = {(one.path, one.version) for one in self.required.require}
        found = [key for key in self.sums if not key[1].endswith("/go.mod")]
        return sorted(found, key=lambda key: key not in needed)


def project(view: GoView) -> Project:
    """Read the project's files."""
    named = view.env["GOMOD"]
    root = posixpath.dirname(named) if named not in _NO_MODULE else view.machine.project
    texts = read_texts(view.machine, [f"{root}/go.mod", f"{root}/go.sum"])
    return Project(root, texts.get(f"{root}/go.mod", ""), texts.get(f"{root}/go.sum", ""))


def setup(view: GoView, modules: tuple[str, ...] = ()) -> Setup:
    """Gather what lints read."""
    machine, env = view.machine, view.machine.env
    own = project(view)
    home = env.get("HOME", "")
    netrc = env.get("NETRC") or (f"{home}/.netrc" if home else "")
    return Setup(
        go=view.env.values,
        process=env,
        goenv=view.env.lines,
        netrc=read_texts(machine, [netrc]).get(netrc) if netrc else None,
        go_mod=own.go_mod,
        go_sum=own.go_sum,
        modules=modules,
    )


def read_texts(machine: Machine, paths: list[str]) -> dict[str, str]:
    """Return the texts of those files that are there and can be read."""
    found = machine.read(paths).found
    return {path: content.decode("utf-8", "replace") for path, content in found.items()}


def cached(cache: str, module: str) -> str:
    """Return the folder of the module cache in which a module's files are as a proxy has them."""
    return f"{cache}/cache/download/{escape(module)}/@v"


def zip_hash(cache: str, module: str, version: str) -> str:
    """Return the file of the module cache that has the hash of a zip."""
    return f"{cached(cache, module)}/{escape(version)}.ziphash"


@contextmanager
def beside(view: GoView, own: Project) -> Iterator[Beside]:
    """Make copies of go.mod and go.sum that go may write, and a module cache of their own."""
    with view.machine.scratch() as place:
        copy(view.machine, own.root, ("go.mod", "go.sum"), place)
        yield Beside(view, own, place)


def copy(machine: Machine, root: str, names: tuple[str, ...], place: str) -> None:
    """Copy those files that are there and that golab would read: no device, nothing endless."""
    for path in machine.read([f"{root}/{name}" for name in names]).found:
        machine.run(["cp", path, place], limit=_SHORT)


_SHORT = 10.0


@dataclass(frozen=True)
class Beside:
    """Where go runs in the project and writes elsewhere: nothing of the user's is touched."""

    view: GoView
    project: Project
    place: str

    def go(self, *words: str, limit: float, **env: str) -> Completed:
        """Run go in the project's directory with the copies of its files."""
        flags = f"-modfile={self.place}/go.mod -modcacherw"
        settings = {
            "GOFLAGS": flags,
            "GOWORK": "off",
            "GOTOOLCHAIN": "local",
            "GOCACHE": f"{self.place}/gocache",
            **env,
        }
        return self.view.machine.run(
            ["go", *words], limit=limit, env=settings, cwd=self.project.root
        )

    def offline(self, *words: str, limit: float, **env: str) -> Completed:
        """Run go so that it asks nobody: what is missing is an error."""
        closed = {"GOPROXY": "off", "GONOPROXY": "none", "GOSUMDB": "off", "GOVCS": "*:off"}
        return self.go(*words, limit=limit, **{**closed, **env})
