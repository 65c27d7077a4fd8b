"""Works a world out: every version of every module, its files, its commit and its tag."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from faults.goproto import semver
from lab.world import content
from lab.world.gitrepo import Repository
from lab.world.history import Release, Step, committed
from lab.world.model import Content, Module, World
from lab.world.repos import place

_EPOCH = datetime(2021, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=30)
_ARCHITECTURES = ("linux-amd64", "linux-arm64")


@dataclass(frozen=True)
class Resolved:
    """A whole world worked out; repositories by URL, and URLs by the path they stand for."""

    releases: tuple[Release, ...]
    twins: tuple[Release, ...]
    repositories: Mapping[str, Repository]
    roots: Mapping[str, str]


def resolve(world: World) -> Resolved:
    """Work out a world that has been checked; the result depends on nothing else."""
    releases: list[Release] = []
    steps: dict[str, list[Step]] = defaultdict(list)
    roots: dict[str, str] = {}
    importable = _Importable(world)
    for path, module in sorted(world.modules.items()):
        where = place(path, module, world.modules)
        for release, branch in _contents(path, module, importable):
            if module.vcs and not release.commit:
                here = where._replace(branch=branch or where.branch)
                steps[where.url].append(Step(release, here))
                roots[where.root] = where.url
            else:
                releases.append(release)
    repositories = {}
    for url, planned in sorted(steps.items()):
        repositories[url] = Repository()
        releases += committed(url, repositories[url], planned)
    releases += _toolchains(world)
    twins = [
        release
        for path, module in sorted(world.twins.items())
        for release, _ in _contents(path, module, importable)
    ]
    return Resolved(_ordered(releases), _ordered(twins), repositories, roots)


def _ordered(releases: list[Release]) -> tuple[Release, ...]:
    return tuple(sorted(releases, key=lambda r: (r.path, semver.key(r.version), r.version)))


class _Importable:
    """Which required modules a made-up package can import without an import cycle."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._onward: dict[str, set[str]] = defaultdict(set)
        for path, module in world.modules.items():
            for version in module.contents():
                self._onward[path] |= content.required(module, version).keys()

    def __call__(self, path: str, require: Mapping[str, str]) -> list[str]:
        return [
            name
            for name in require
            if name in self._world.modules
            and path not in self._reachable(name)
            and self._has_root_package(name, require[name])
        ]

    def _reachable(self, start: str) -> set[str]:
        found, todo = {start}, [start]
        while todo:
            new = self._onward[todo.pop()] - found
            found |= new
            todo += new
        return found

    def _has_root_package(self, path: str, version: str) -> bool:
        made = self._world.modules[path].versions.get(version)
        return made is None or made.files is None


def _contents(path: str, module: Module, importable: _Importable) -> Iterator[tuple[Release, str]]:
    """Yield every version (branch "") and every untagged commit (version "") of a module."""

    def made(label: str, given: Content, time: datetime) -> Release:
        needed = importable(path, content.required(module, given))
        files = content.files(path, label, module, given, needed)
        mod = content.served_mod(path, given, files)
        return Release(path, label, time, files, mod, commit=given.commit)

    last = _EPOCH - _STEP
    for version in sorted(module.versions, key=semver.key):
        named = semver.pseudo_commit(version)
        given = module.versions[version]
        last = _moment(given.time) or (named[0] if named else last + _STEP)
        release = made(version, given, last)
        yield replace(release, commit=release.commit or (named[1] if named else "")), ""
    for branch, commits in sorted(module.branches.items()):
        time = last
        for commit in commits:
            time = _moment(commit.time) or time + _STEP
            label = f"{branch} of {time:%Y-%m-%d}"
            yield replace(made(label, commit, time), version="", branch=branch), branch


def _toolchains(world: World) -> Iterator[Release]:
    """Yield golang.org/toolchain: a `go` that can only say its version (ref/toolchain)."""
    path = "golang.org/toolchain"
    for number, name in enumerate(world.toolchains):
        for platform in _ARCHITECTURES:
            words = platform.replace("-", "/")
            script = f'#!/bin/sh\necho "go version {name} {words}"\n'
            files = {
                "VERSION": f"{name}\n".encode(),
                "bin/go": script.encode(),
                "bin/gofmt": script.encode(),
                "lib/README": b"Made up by golab.\n",
                f"pkg/tool/{platform.replace('-', '_')}/buildid": b"#!/bin/sh\n",
                "go.mod": f"module {path}\n".encode(),
            }
            time = _EPOCH + number * _STEP
            yield Release(path, f"v0.0.1-{name}.{platform}", time, files, files["go.mod"])


def _moment(time: str | None) -> datetime | None:
    return datetime.fromisoformat(time) if time else None
