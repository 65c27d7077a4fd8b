"""The history of a repository: releases become commits and tags, and commits become versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from faults.goproto import semver
from lab.world.gitrepo import Repository
from lab.world.modpath import split_major
from lab.world.repos import Place


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
class Step:
    """One commit to come: a release, or (with no version yet) what a branch gets beyond it."""

    release: Release
    place: Place


@dataclass
class _Branch:
    """What a branch holds at its last commit: per directory the module there, per path its tags."""

    modules: dict[str, Release] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)

    def fork(self) -> _Branch:
        return _Branch(dict(self.modules), {path: [*tags] for path, tags in self.tags.items()})

    def files(self) -> dict[str, bytes]:
        return {
            f"{directory}/{name}" if directory else name: data
            for directory, module in sorted(self.modules.items())
            for name, data in module.files.items()
        }

    def pseudo(self, path: str, time: datetime, commit: str) -> str:
        base = max(self.tags.get(path, ()), key=semver.key, default="")
        return semver.pseudo(split_major(path)[1], base, time, commit)

    def zipped(self, release: Release) -> Mapping[str, bytes]:
        """Give a nested module its repository's LICENSE (modfetch/coderepo.go: Zip)."""
        above = self.modules.get("")
        licence = above.files.get("LICENSE") if above else None
        if not release.directory or licence is None or "LICENSE" in release.files:
            return release.files
        return {**release.files, "LICENSE": licence}


def committed(url: str, repository: Repository, steps: list[Step]) -> Iterator[Release]:
    """Put the steps into an empty repository in the order of their times.

    Yields every step's release with its version, commit and files; then, as a proxy would find
    them when asked for a branch, the modules that the last commit of a branch did not touch.
    """
    branches: dict[str, _Branch] = {}
    for step in sorted(steps, key=_order):
        name = step.place.branch
        if name not in branches:
            branches[name] = branches["master"].fork() if "master" in branches else _Branch()
            if "master" in repository.heads:
                repository.heads[name] = repository.heads["master"]
        made = replace(_advance(repository, branches[name], step), url=url)
        branches[name].modules[made.directory] = made
        yield replace(made, files=branches[name].zipped(made))
    yield from _heads(repository, branches)


def _advance(repository: Repository, branch: _Branch, step: Step) -> Release:
    where, name = step.place, step.place.branch
    release = replace(step.release, directory=where.directory, branch=name)
    branch.modules[where.directory] = release
    message = f"{release.path}: {release.version or 'work'}"
    digest = repository.commit(name, branch.files(), release.time, message)
    if not release.version:
        version = branch.pseudo(release.path, release.time, digest)
        return replace(release, version=version, commit=digest, ref=f"refs/heads/{name}")
    tag = where.tag_prefix + release.version.removesuffix("+incompatible")
    repository.tags[tag] = digest
    branch.tags.setdefault(release.path, []).append(release.version)
    return replace(release, commit=digest, ref=f"refs/tags/{tag}")


def _heads(repository: Repository, branches: Mapping[str, _Branch]) -> Iterator[Release]:
    for name, branch in branches.items():
        head = repository.heads[name]
        time = max(module.time for module in branch.modules.values())
        for module in branch.modules.values():
            if module.commit != head:
                yield replace(
                    module,
                    version=branch.pseudo(module.path, time, head),
                    time=time,
                    files=branch.zipped(module),
                    commit=head,
                    ref=f"refs/heads/{name}",
                    branch=name,
                )


def _order(step: Step) -> tuple[object, ...]:
    """Sort by time, then name, then version; what is not tagged follows what is."""
    version = step.release.version
    return step.release.time, step.release.path, not version, semver.key(version) if version else ()
