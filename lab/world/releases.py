"""Works a world out: every version of every module, its files, its commit and its tag."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from lab.world import content, semver
from lab.world.gitrepo import Repository
from lab.world.model import Content, Module, World
from lab.world.modpath import split_major
from lab.world.repos import Place, place

_EPOCH = datetime(2021, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=30)
_ARCHITECTURES = ("linux-amd64", "linux-arm64")


@dataclass(frozen=True)
class Release:
    """One version of one module, ready to be packed.

    `files` is what the zip has; `go_mod` what a proxy serves as .mod; `commit` the full hash in
    the repository at `url`, if there is one, and `ref` what points at it.
    """

    path: str
    version: str
    time: datetime
    files: Mapping[str, bytes]
    go_mod: bytes
    commit: str = ""
    url: str = ""
    ref: str = ""
    directory: str = ""
    branch: str = ""


@dataclass(frozen=True)
class Resolved:
    """A whole world worked out: its releases, and its repositories by URL."""

    releases: tuple[Release, ...]
    repositories: Mapping[str, Repository]
    roots: Mapping[str, str]


@dataclass(frozen=True)
class _Step:
    """One commit to come: a release, or (with no version yet) what a branch gets beyond it."""

    release: Release
    place: Place


def resolve(world: World) -> Resolved:
    """Work out a world that has been checked; the result depends on nothing else."""
    releases: list[Release] = []
    steps: dict[str, list[_Step]] = defaultdict(list)
    roots: dict[str, str] = {}
    importable = _Importable(world)
    for path, module in sorted(world.modules.items()):
        where = place(path, module, world.modules)
        for release, branch in _contents(path, module, importable):
            if module.vcs and not release.commit:
                here = where._replace(branch=branch or where.branch)
                steps[where.url].append(_Step(release, here))
                roots[where.root] = where.url
            else:
                releases.append(release)
    repositories = {}
    for url, planned in sorted(steps.items()):
        repositories[url] = Repository()
        releases += _commit(url, repositories[url], planned)
    releases += _toolchains(world)
    releases.sort(key=lambda r: (r.path, semver.key(r.version), r.version))
    return Resolved(tuple(releases), repositories, roots)


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


def _commit(url: str, repository: Repository, steps: list[_Step]) -> Iterator[Release]:
    """Put the steps into the repository in the order of their times; yield them with hashes."""
    trees: dict[str, dict[str, Mapping[str, bytes]]] = defaultdict(dict)
    tagged: dict[str, dict[str, list[str]]] = defaultdict(dict)
    order = sorted(steps, key=lambda s: (s.release.time, s.release.path, _order(s.release.version)))
    for release, where in ((s.release, s.place) for s in order):
        if where.branch not in repository.heads and "master" in repository.heads:
            repository.heads[where.branch] = repository.heads["master"]
            trees[where.branch] = dict(trees["master"])
            tagged[where.branch] = {path: [*tags] for path, tags in tagged["master"].items()}
        tree = trees[where.branch]
        tree[where.directory] = release.files
        files = {
            f"{directory}/{name}" if directory else name: data
            for directory, part in sorted(tree.items())
            for name, data in part.items()
        }
        what = release.version or "work"
        message = f"{release.path}: {what}"
        commit = repository.commit(where.branch, files, release.time, message)
        known = tagged[where.branch].setdefault(release.path, [])
        version = release.version
        if version:
            tag = where.tag_prefix + version.removesuffix("+incompatible")
            repository.tags[tag] = commit
            known.append(version)
            ref = f"refs/tags/{tag}"
        else:
            base = max(known, key=semver.key, default="")
            version = semver.pseudo(split_major(release.path)[1], base, release.time, commit)
            ref = f"refs/heads/{where.branch}"
        yield replace(
            release,
            version=version,
            files=_with_licence(release.files, where.directory, tree),
            commit=commit,
            url=url,
            ref=ref,
            directory=where.directory,
            branch=where.branch,
        )


def _order(version: str) -> tuple[object, ...]:
    return semver.key(version) if version else (1 << 62,)


def _with_licence(
    files: Mapping[str, bytes], directory: str, tree: Mapping[str, Mapping[str, bytes]]
) -> Mapping[str, bytes]:
    """Give a nested module its repository's LICENSE (modfetch/coderepo.go: Zip)."""
    licence = tree.get("", {}).get("LICENSE")
    if not directory or licence is None or "LICENSE" in files:
        return files
    return {**files, "LICENSE": licence}


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
                "go.mod": f"module {path}\n".encode(),
            }
            time = _EPOCH + number * _STEP
            yield Release(path, f"v0.0.1-{name}.{platform}", time, files, files["go.mod"])


def _moment(time: str | None) -> datetime | None:
    return datetime.fromisoformat(time) if time else None
