"""Writes a world that has been worked out into the directory that `lab.world.tree` describes."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from lab.world import gomod, modzip, tlog
from lab.world.history import Release
from lab.world.model import Module as WorldModule
from lab.world.model import World
from lab.world.releases import Resolved, resolve
from lab.world.tree import Credential, Host, Index, Module, Repo, Sumdb, Tree, Version


def write(world: World, directory: Path) -> None:
    """Work out a world that has been checked and write its tree into an existing directory."""
    resolved = resolve(world)
    modules = _write_modules(resolved.releases, world.modules, Tree(directory), twin=False)
    twins = _write_modules(resolved.twins, world.twins, Tree(directory), twin=True)
    repos = _repos(resolved)
    for url, repository in resolved.repositories.items():
        repository.write(directory / "repos" / repos[url].directory)
    index = Index(
        modules,
        twins,
        {name: Host(**host.model_dump()) for name, host in world.hosts.items()},
        {
            name: Credential(given.user, given.secret, given.status, tuple(given.teams))
            for name, given in world.credentials.items()
        },
        repos,
        _sumdb(world, modules, twins),
    )
    (directory / "index.json").write_text(index.to_json())


def _write_modules(
    releases: Iterable[Release], given: Mapping[str, WorldModule], tree: Tree, *, twin: bool
) -> dict[str, Module]:
    """Write all files of the modules as a proxy has them; return what the index says of them."""
    versions: dict[str, dict[str, Version]] = defaultdict(dict)
    urls: dict[str, str] = {}
    for release in releases:
        versions[release.path][release.version] = _write_release(release, tree, twin=twin)
        urls[release.path] = release.url or urls.get(release.path, "")
    modules = {path: _module(given.get(path), versions[path], urls[path]) for path in versions}
    for path, module in modules.items():
        latest = tree.file(path, module.latest(), "info", twin=twin)
        (latest.parent / "list").write_text("".join(f"{v}\n" for v in module.listed()))
        shutil.copyfile(latest, latest.parent.parent / "@latest")
    return modules


def _write_release(release: Release, tree: Tree, *, twin: bool) -> Version:
    path, version = release.path, release.version
    zip_file = tree.file(path, version, "zip", twin=twin)
    zip_file.parent.mkdir(parents=True, exist_ok=True)
    zip_file.write_bytes(modzip.pack(path, version, release.files))
    tree.file(path, version, "mod", twin=twin).write_bytes(release.go_mod)
    tree.file(path, version, "info", twin=twin).write_text(_info(release))
    return Version(
        _stamp(release),
        commit=release.commit,
        ref=release.ref,
        branch=release.branch,
        zip_sum=modzip.zip_sum(path, version, release.files),
        mod_sum=modzip.mod_sum(release.go_mod),
        has_mod="go.mod" in release.files,
        retract=gomod.retractions(release.go_mod.decode()),
    )


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


def _module(given: WorldModule | None, versions: Mapping[str, Version], url: str) -> Module:
    if given is None:
        return Module(versions)
    return Module(versions, given.private, given.owner, given.access, given.proxy, url)


def _repos(resolved: Resolved) -> dict[str, Repo]:
    inside: dict[str, list[str]] = defaultdict(list)
    for release in resolved.releases:
        if release.url and release.path not in inside[release.url]:
            inside[release.url].append(release.path)
    return {
        url: Repo(f"{number}.git", root, tuple(inside[url]))
        for number, (root, url) in enumerate(sorted(resolved.roots.items()))
    }


def _sumdb(world: World, modules: Mapping[str, Module], twins: Mapping[str, Module]) -> Sumdb:
    """Put the records of all public versions in the order in which they came into the world."""

    def public(path: str) -> bool:
        said = world.modules[path].sumdb if path in world.modules else None
        return said if said is not None else not modules[path].private

    shown = {path: module for path, module in twins.items() if not module.private}
    shown |= {path: module for path, module in modules.items() if public(path)}
    records = sorted(
        (row.time, path, version, row.zip_sum, row.mod_sum)
        for path, module in shown.items()
        for version, row in module.versions.items()
    )
    log = tlog.Tree([modzip.sum_lines(*record[1:]).encode() for record in records])
    key = tlog.signer(world.sumdb.name)
    return Sumdb(
        world.sumdb.name,
        key.verifier,
        key.tree_head(len(records), log.root(len(records))),
        tuple(record[1:] for record in records),
        world.sumdb.size,
        tuple(world.sumdb.fork),
    )
