"""Finds what was changed in the module cache, or was put there in another's place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from lab.diagnostics.interface import Finding, Subject, judged, unavailable
from lab.diagnostics.project import Project, beside, cached, project, read_texts
from lab.diagnostics.view import GoView
from lab.plural import counted
from lab.world.modpath import escape
from lab.world.modzip import mod_sum

QUESTION = "Is what lies in the module cache what go.sum and its own file names say?"
REMEDY = "go clean -modcache, then go mod download: go.sum vouches for what comes."
LOCAL = True
SCENARIO = "modcache-polluted"

_MOST = 500
"""Module versions that are looked at, and folders of the cache."""
_RELEASE = re.compile(r"v\d+\.\d+\.\d+")
_CHANGED = re.compile(
    r"^(\S+ v\S+): (.* has been modified|.*missing ziphash.*|zip: not a valid zip.*)", re.MULTILINE
)


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Compare recorded hashes with go.sum, .info with its name; have go compare the rest."""
    own = project(view)
    cache = view.env["GOMODCACHE"]
    if not cache:
        return unavailable("GOMODCACHE is not known")
    versions = own.versions[:_MOST]
    wrong = [*_files(view, own, cache, versions), *_infos(view, cache, versions, subject)]
    wrong += _verified(view, own, limit)
    return judged(wrong, f"{counted(len(versions), 'module')} of go.sum", "go mod verify")


def _files(
    view: GoView, own: Project, cache: str, versions: list[tuple[str, str]]
) -> Iterator[str]:
    """What go has recorded of its zips and .mod files, against go.sum."""
    keys = [*versions, *(key for key in own.sums if key[1].endswith("/go.mod"))][: 2 * _MOST]
    paths = {}
    for module, version in keys:
        bare = version.removesuffix("/go.mod")
        ending = "mod" if bare != version else "ziphash"
        paths[f"{cached(cache, module)}/{escape(bare)}.{ending}"] = (module, version)
    for path, content in view.machine.read(list(paths)).found.items():
        module, version = paths[path]
        has = mod_sum(content) if path.endswith(".mod") else content.decode("utf-8", "replace")
        if has.strip() != own.sums[module, version]:
            yield f"{module} {version}: {has.strip()[:60]} in the cache, another hash in go.sum"


def _infos(
    view: GoView, cache: str, versions: list[tuple[str, str]], subject: Subject
) -> Iterator[str]:
    """The .info files of the modules in use: each is of the version that its name says."""
    modules = dict.fromkeys([*([subject.module] if subject.module else []), *dict(versions)])
    paths: list[str] = []
    for module in list(modules)[:_MOST]:
        folder = cached(cache, module)
        names = [entry.name for entry in view.machine.listing(folder)]
        paths += [f"{folder}/{name}" for name in names if name.endswith(".info")]
    for path, text in read_texts(view.machine, paths).items():
        name = path.rpartition("/")[2].removesuffix(".info")
        if not _RELEASE.match(name):
            continue  # of a branch or a commit: it names the version that that is
        try:
            version = json.loads(text)["Version"]
        except (ValueError, KeyError, TypeError):
            version = "nothing that go can read"
        said = escape(str(version))
        if said not in (name, f"{name}+incompatible"):
            yield f"{path.removeprefix(f'{cache}/')} says {str(version)[:60]}"


def _verified(view: GoView, own: Project, limit: float) -> list[str]:
    """What `go mod verify` finds; it is kept from asking anybody."""
    if not own.go_mod or not view.machine.has("go"):
        return []
    with beside(view, own) as copy:
        done = copy.offline("mod", "verify", limit=limit)
    found: list[tuple[str, str]] = _CHANGED.findall(done.stdout + done.stderr)
    return [f"{module}: {said}" for module, said in found]
