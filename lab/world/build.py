"""Builds a world once into a static tree, kept by content hash, that servers then only read."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from lab.errors import ScenarioError
from lab.paths import cache_root
from lab.world import gomod, modzip, tlog
from lab.world.check import faults
from lab.world.history import Release
from lab.world.model import Module as WorldModule
from lab.world.model import World
from lab.world.modpath import escape
from lab.world.releases import Resolved, resolve
from lab.world.tree import Credential, Host, Index, Module, Repo, Sumdb, Tree, Version

__all__ = ["Tree", "build", "write"]

# Part of the hash: raise it when the same world would give other bytes than before.
FORMAT = 1
_ABANDONED_SECONDS = 3600


def build(world: World, cache: Path | None = None) -> Tree:
    """Return the tree of a world, building it if the cache does not have it.

    Any number of processes may build the same world at once, and be killed at any moment: a tree
    appears whole, by one rename, or not at all.

    Args:
        world: as a whole, the base world included.
        cache: the directory of all trees (default: worlds/ under `lab.paths.cache_root`).

    Raises:
        ScenarioError: the world does not fit together.
    """
    cache = cache or cache_root() / "worlds"
    text = world.model_dump_json(by_alias=True, exclude_unset=True)
    name = hashlib.sha256(f"{FORMAT}\n{text}".encode()).hexdigest()[:32]
    final = cache / name
    if (final / "index.json").is_file():
        return Tree(final)
    wrong = [f"world: {'.'.join(map(str, f.loc))}: {f.message}" for f in faults(world)]
    if wrong:
        raise ScenarioError(wrong)
    cache.mkdir(parents=True, exist_ok=True)
    _sweep(cache)
    draft = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=cache))
    try:
        (draft / "world.json").write_text(text)
        write(world, draft)
        draft.chmod(0o755)
        # Lost the race: somebody else's tree stands there, byte for byte the same.
        with contextlib.suppress(OSError):
            draft.rename(final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Tree(final)


def write(world: World, directory: Path) -> None:
    """Work a world out and write its tree into an existing directory."""
    resolved = resolve(world)
    for path in {release.path for release in resolved.releases}:
        (directory / "proxy" / escape(path) / "@v").mkdir(parents=True)
    sums = {(r.path, r.version): _write_release(r, directory) for r in resolved.releases}
    index = _index(world, resolved, sums)
    for path, module in index.modules.items():
        folder = directory / "proxy" / escape(path)
        (folder / "@v" / "list").write_text("".join(f"{v}\n" for v in module.listed()))
        shutil.copyfile(folder / "@v" / f"{escape(module.latest())}.info", folder / "@latest")
    for url, repository in resolved.repositories.items():
        repository.write(directory / "repos" / index.repos[url].directory)
    (directory / "index.json").write_text(index.to_json())


def _write_release(release: Release, directory: Path) -> tuple[str, str]:
    folder = directory / "proxy" / escape(release.path) / "@v"
    name = escape(release.version)
    zip_sum = modzip.zip_sum(release.path, release.version, release.files)
    (folder / f"{name}.info").write_text(_info(release))
    (folder / f"{name}.mod").write_bytes(release.go_mod)
    (folder / f"{name}.zip").write_bytes(modzip.pack(release.path, release.version, release.files))
    (folder / f"{name}.ziphash").write_text(zip_sum)
    return zip_sum, modzip.mod_sum(release.go_mod)


def _info(release: Release) -> str:
    """Return what a proxy says of a version: modfetch.RevInfo, with codehost.Origin."""
    data: dict[str, object] = {"Version": release.version, "Time": _stamp(release)}
    if release.url:
        origin = {"VCS": "git", "URL": release.url}
        origin |= {"Subdir": release.directory} if release.directory else {}
        data["Origin"] = {**origin, "Hash": release.commit, "Ref": release.ref}
    return json.dumps(data, separators=(",", ":"))


def _stamp(release: Release) -> str:
    return release.time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _index(
    world: World, resolved: Resolved, sums: Mapping[tuple[str, str], tuple[str, str]]
) -> Index:
    versions: dict[str, dict[str, Version]] = defaultdict(dict)
    urls: dict[str, str] = {}
    for release in resolved.releases:
        zip_sum, mod_sum = sums[release.path, release.version]
        versions[release.path][release.version] = Version(
            _stamp(release),
            commit=release.commit,
            ref=release.ref,
            branch=release.branch,
            zip_sum=zip_sum,
            mod_sum=mod_sum,
            has_mod="go.mod" in release.files,
            retract=gomod.read(release.go_mod.decode()).retract,
        )
        urls[release.path] = release.url or urls.get(release.path, "")
    modules = {path: _module(world.modules.get(path), versions[path], urls[path]) for path in urls}
    return Index(
        modules,
        {name: Host(**host.model_dump()) for name, host in world.hosts.items()},
        {
            name: Credential(given.user, given.secret, given.status, tuple(given.teams))
            for name, given in world.credentials.items()
        },
        {
            url: Repo(f"{number}.git", root, tuple(p for p in urls if urls[p] == url))
            for number, (root, url) in enumerate(sorted(resolved.roots.items()))
        },
        _sumdb(world, resolved.releases, modules),
    )


def _module(given: WorldModule | None, versions: Mapping[str, Version], url: str) -> Module:
    if given is None:
        return Module(versions)
    return Module(versions, given.private, given.owner, given.access, given.proxy, url)


def _sumdb(world: World, releases: Iterable[Release], modules: Mapping[str, Module]) -> Sumdb:
    """Put the records in the order in which the versions came into the world."""

    def public(path: str) -> bool:
        said = world.modules[path].sumdb if path in world.modules else None
        return said if said is not None else not modules[path].private

    order = sorted(
        (r for r in releases if public(r.path)), key=lambda r: (r.time, r.path, r.version)
    )
    log = tlog.Tree()
    for path, version in ((r.path, r.version) for r in order):
        row = modules[path].versions[version]
        log.append(modzip.sum_lines(path, version, row.zip_sum, row.mod_sum).encode())
    key = tlog.signer(world.sumdb.name)
    return Sumdb(
        world.sumdb.name,
        key.verifier,
        key.head(len(order), log.root(len(order))).decode(),
        tuple((r.path, r.version) for r in order),
        world.sumdb.size,
        tuple(world.sumdb.fork),
    )


def _sweep(cache: Path) -> None:
    """Remove the drafts of builders that were killed."""
    for draft in cache.glob(".*"):
        with contextlib.suppress(OSError):
            if time.time() - draft.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(draft, ignore_errors=True)
