"""Says what does not fit together in a world: names, versions, requires, cycles, Go's limits.

The models hold the form of a world file; this holds its sense. Each fault names its place in the
data, so that whoever read the data from a file can say file:line:column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from faults.goproto import semver
from lab.world import content
from lab.world.model import Content, Filler, Module, World
from lab.world.modpath import MAX_LENGTH, file_problem, path_problem, version_problem
from lab.world.modzip import MAX_GO_MOD, MAX_LICENSE, MAX_ZIP
from lab.world.repos import Place, place

Loc = tuple[str | int, ...]
Version = tuple[str, str]

_SHOWN = 10
"""So much of a cycle is shown."""

_INTERVAL = re.compile(r"\[\s*([^\s,]+)\s*,\s*([^\s,]+)\s*\]")


MAX_FILLED = 64 << 20
"""Bytes: they are made up in memory, and kept in the cache."""


class Fault(NamedTuple):
    """What is wrong and how to mend it, and the place in the world's data."""

    loc: Loc
    message: str
    key: bool = False


def faults(world: World, base: World | None = None) -> Iterator[Fault]:
    """Yield what is wrong with `world`, once it has been laid over `base`.

    Places are relative to `world`; what stands in `base` alone is taken to be right.
    """
    whole = base.merged(world) if base else world
    for path, module in world.modules.items():
        yield from _module(("modules", path), path, module, whole)
    yield from _made_up(world)
    yield from _twins(world, whole)
    yield from _orphans(world, base, whole) if base else ()
    yield from _shared_places(world, whole)
    yield from _cycles(world, whole)
    yield from _surroundings(world, whole)


def _twins(world: World, whole: World) -> Iterator[Fault]:
    for path, module in world.twins.items():
        here: Loc = ("twins", path)
        yield from _module(here, path, module, whole)
        if path not in whole.modules:
            yield Fault(here, f"{path} is the twin of nothing in this world", key=True)
        if module.branches:
            message = "a twin has versions only; only what is in a repository has branches"
            yield Fault((*here, "branches"), message, key=True)


def _made_up(world: World) -> Iterator[Fault]:
    """Yield where the files that only have a size become too much for a cache."""
    total = 0
    for path, module in world.modules.items():
        for version, given in module.versions.items():
            for name, file in (given.files or {}).items():
                total += file.size if isinstance(file, Filler) else 0
                if total > MAX_FILLED:
                    message = f"makes files of more than {MAX_FILLED >> 20} MiB in all; fewer do"
                    yield Fault(("modules", path, "versions", version, "files", name), message)
                    return


def _surroundings(world: World, whole: World) -> Iterator[Fault]:
    """Yield what is wrong with all that is not a module."""
    for name, credential in world.credentials.items():
        if ":" in credential.user:
            yield Fault(("credentials", name, "user"), "a user name has no colon (RFC 7617)")
    for name in world.hosts:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name):
            message = f"{name!r} is not a host name: small letters, digits, dots, dashes"
            yield Fault(("hosts", name), message, key=True)
    for index, item in enumerate(world.sumdb.fork):
        if not _known(whole, *item.partition("@")[::2]):
            message = f"{item!r} is not path@version of a module in this world"
            yield Fault(("sumdb", "fork", index), message)
    for index, name in enumerate(world.toolchains):
        if not re.fullmatch(r"go1\.[0-9]+(\.[0-9]+|(rc|beta)[0-9]+)?", name):
            yield Fault(("toolchains", index), f"{name!r} is not a toolchain name like go1.99.0")


def _module(here: Loc, path: str, module: Module, whole: World) -> Iterator[Fault]:
    if problem := path_problem(path):
        yield Fault(here, f"the module path {problem}", key=True)
        return
    if not module.contents():
        yield Fault(here, "has neither versions nor commits on a branch; give it one", key=True)
    if module.branches and not module.vcs:
        message = "without a repository there are no branches; drop them, or vcs: false"
        yield Fault((*here, "branches"), message, key=True)
    for version, given in module.versions.items():
        loc = (*here, "versions", version)
        if problem := version_problem(path, version):
            yield Fault(loc, problem, key=True)
            continue
        yield from _content(loc, given, whole)
        has_mod = given.go_mod is not False or "go.mod" in (given.files or {})
        if version.endswith("+incompatible") and has_mod:
            yield Fault(loc, "is +incompatible, so it has no go.mod; say go.mod: false", key=True)
    for branch, commits in module.branches.items():
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", branch):
            message = f"{branch!r} is not a branch that a proxy can be asked for (no slashes)"
            yield Fault((*here, "branches", branch), message, key=True)
        for index, commit in enumerate(commits):
            yield from _content((*here, "branches", branch, index), commit, whole)
            if commit.commit:
                message = "a commit on a branch has the hash that its contents give; drop this one"
                yield Fault((*here, "branches", branch, index, "commit"), message)
    yield from _requires((*here, "require"), module.require, whole)


def _content(here: Loc, given: Content, whole: World) -> Iterator[Fault]:
    if "require" in given.model_fields_set:
        yield from _requires((*here, "require"), given.require, whole)
    for what in given.retract:
        ends = _INTERVAL.fullmatch(what)
        both = ends.groups() if ends else (what,)
        if not all(len(end) <= MAX_LENGTH and semver.is_canonical(end) for end in both):
            message = f"{what!r} is neither a version nor an interval [v1.0.0, v1.2.0]"
            yield Fault((*here, "retract", what), message, key=True)
    if given.files is not None:
        yield from _files((*here, "files"), given.files)
    if isinstance(given.go_mod, str) and given.files is not None and "go.mod" in given.files:
        yield Fault((*here, "go.mod"), "go.mod is given twice, here and among the files")


def _requires(here: Loc, require: Mapping[str, str], whole: World) -> Iterator[Fault]:
    for path, version in require.items():
        if _known(whole, path, version):
            continue
        if path not in whole.modules:
            message = f"requires {path}, which is not in this world; add it"
        else:
            there = ", ".join(sorted(whole.modules[path].versions, key=_lenient))
            has = there or "no version"
            message = f"requires {path} {version}, but the world has {has} of it; take that"
        yield Fault((*here, path), message + ", or write out go.mod, which may say anything")


def _lenient(version: str) -> tuple[bool, object]:
    return (True, semver.key(version)) if semver.parse(version) else (False, version)


def _known(whole: World, path: str, version: str) -> bool:
    return path in whole.modules and version in whole.modules[path].versions


def _files(here: Loc, files: Mapping[str, str | Filler]) -> Iterator[Fault]:
    total, folded = 0, dict[str, str]()
    for name, text in files.items():
        loc = (*here, name)
        if problem := file_problem(name):
            yield Fault(loc, f"the file name {problem}", key=True)
        if name.lower() in folded:
            message = f"{name!r} and {folded[name.lower()]!r} differ only in case; Go refuses both"
            yield Fault(loc, message, key=True)
        folded[name.lower()] = name
        size = text.size if isinstance(text, Filler) else len(text.encode())
        limit = {"go.mod": MAX_GO_MOD, "LICENSE": MAX_LICENSE}.get(name, MAX_ZIP)
        if size > limit:
            yield Fault(loc, f"is {size} bytes; Go takes {name} up to {limit}, make it smaller")
        total += size
        folder = name.rpartition("/")[0]
        if name.endswith("/go.mod"):
            message = f"a go.mod makes {folder} a module of its own; declare it as one"
            yield Fault(loc, message, key=True)
        above = next((other for other in _parents(name) if other in files), None)
        if above:
            yield Fault(loc, f"{above!r} is a file, and cannot be a directory, too", key=True)
    if total > MAX_ZIP:
        yield Fault(here, f"the files are {total} bytes; Go takes modules up to {MAX_ZIP}")


def _parents(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _orphans(world: World, base: World, whole: World) -> Iterator[Fault]:
    """Yield what the base world requires of modules that `world` has put others in place of."""
    for other, module in base.modules.items():
        if other in world.modules:
            continue
        needed = {
            item for given in module.contents() for item in content.required(module, given).items()
        }
        for path, version in sorted(needed):
            if path in world.modules and not _known(whole, path, version):
                message = f"{other}, of the base world, requires {path} {version}; add that version"
                yield Fault(("modules", path), message, key=True)


def _shared_places(world: World, whole: World) -> Iterator[Fault]:
    """Yield the modules that would overwrite one another in a repository, or rename it."""
    there: dict[Place, str] = {}
    roots: dict[str, str] = {}
    for path, module in sorted(whole.modules.items(), key=lambda item: item[0] in world.modules):
        if not module.vcs or path_problem(path):
            continue
        if module.root and not f"{path}/".startswith(f"{module.root}/"):
            yield Fault(("modules", path, "root"), f"{module.root!r} is not above {path}")
            continue
        where = place(path, module, whole.modules)
        other = there.setdefault(where._replace(root=""), path)
        root = roots.setdefault(where.url, where.root)
        if path not in world.modules:
            continue
        if other != path:
            message = f"is in the same place as {other}: {where.url}"
            yield Fault(("modules", path), f"{message}; give one another repo", key=True)
        elif root != where.root:
            message = f"is in {where.url}, which stands for {root} already, not for {where.root}"
            yield Fault(("modules", path), f"{message}; set root or repo", key=True)
    yield from _overlaps(world, there)


def _overlaps(world: World, there: Mapping[Place, str]) -> Iterator[Fault]:
    """Yield the files of a module that stand where a module nested in it has its own."""
    owned: dict[tuple[str, str], str] = {}
    for place_ in there:
        for above in _parents(place_.directory):
            owned.setdefault((place_.url, above), place_.directory)
    for place_ in there:
        owned[place_.url, place_.directory] = place_.directory
    exact = {(place_.url, place_.directory) for place_ in there}
    for outer, path in there.items():
        if path not in world.modules:
            continue
        for version, given in world.modules[path].versions.items():
            for name in given.files or ():
                file = outer.tag_prefix + name
                inside = [one for one in _parents(file) if len(one) > len(outer.directory)]
                nested = [one for one in inside if (outer.url, one) in exact]
                taken = nested[0] if nested else owned.get((outer.url, file))
                if taken:
                    loc = ("modules", path, "versions", version, "files", name)
                    shown = taken.removeprefix(outer.tag_prefix)
                    yield Fault(loc, f"{shown} belongs to the module nested there", key=True)


def _cycles(world: World, whole: World) -> Iterator[Fault]:
    """Yield one fault for each version of `world` that requires itself, however indirectly."""
    edges = {
        (path, version): sorted(content.required(module, given).items())
        for path, module in whole.modules.items()
        for version, given in module.versions.items()
    }
    done: set[Version] = set()
    for path, module in world.modules.items():
        for version in module.versions:
            for ring in _rings((path, version), edges, done):
                first = next((n for n, (p, _) in enumerate(ring) if p in world.modules), 0)
                turned = [*ring[first:], *ring[:first]]
                shown = " -> ".join(f"{p}@{v}" for p, v in [*turned, turned[0]][:_SHOWN])
                message = f"a cycle: {shown}; drop one of these requires"
                (here, own), (onward, _) = turned[0], [*turned, turned[0]][1]
                has = "require" in world.modules[here].versions[own].model_fields_set
                place_: Loc = ("versions", own) if has else ()
                yield Fault(("modules", here, *place_, "require", onward), message)


def _rings(
    start: Version, edges: Mapping[Version, list[Version]], done: set[Version]
) -> Iterator[list[Version]]:
    """Yield the cycles that a walk from `start` comes upon; what it has seen is added to `done`."""
    trail: dict[Version, Iterator[Version]] = {}
    onward: Version | None = start
    while onward is not None:
        if onward in trail:
            names = list(trail)
            yield names[names.index(onward) :]
        elif onward not in done:
            done.add(onward)
            trail[onward] = iter(edges.get(onward, ()))
        while trail and (onward := next(trail[next(reversed(trail))], None)) is None:
            trail.popitem()
        if not trail:
            return
