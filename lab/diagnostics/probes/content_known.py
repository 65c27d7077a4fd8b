"""Finds code that is not what others get: a zip or go.mod with another hash."""

from __future__ import annotations

from lab.diagnostics.archive import opened
from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.sumdb import hashes, lookup, way
from lab.diagnostics.versions import PUBLIC, in_use, may_be_public
from lab.diagnostics.view import GoView, below
from lab.gosettings import host_of
from lab.plural import counted
from lab.world.modpath import escape
from lab.world.modzip import mod_sum

QUESTION = "Is what go gets of this version the same that everybody else gets?"
REMEDY = (
    "Trust neither: compare with the repository, empty the module cache, and keep the checksum "
    "database on."
)


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Hash the zip and the .mod, and compare with go.sum, the database and a second proxy."""
    module = subject.module
    if why := view.not_asked(module):
        return no_question(why)
    version = in_use(view, subject)
    got = view.ask(module, f"@v/{version}.zip").served if version else None
    mod = view.ask(module, f"@v/{version}.mod").served if version else None
    if got is None or mod is None:
        return no_question("there is no version, or none of its files, to compare")
    archive = opened(got[1], module, version)
    if not archive.sum:
        return no_question("the zip is too large, or none")
    own = {version: archive.sum, f"{version}/go.mod": mod_sum(mod[1].body)}
    compared: list[str] = []
    wrong: list[str] = []
    for source, theirs in (
        ("go.sum", _go_sum(view, module, version)),
        ("the checksum database", _database(view, module, version)),
        *_second(view, module, version, got[0].host),
    ):
        if theirs:
            compared.append(source)
        wrong += [
            f"{got[0].shown}: {module} {name} is {own[name]}; {source} has {theirs[name]}"
            for name in own
            if name in theirs and theirs[name] != own[name]
        ]
    said = f"the same as in {', '.join(compared)}" if compared else "nobody to compare with"
    return judged(
        wrong,
        f"{counted(len(own), 'sum')}, {said}",
        f"go mod download -json {module}@{version}",
    )


def _go_sum(view: GoView, module: str, version: str) -> dict[str, str]:
    path = f"{view.machine.project}/go.sum"
    text = view.machine.read([path]).found.get(path, b"").decode("utf-8", "replace")
    return hashes(text, module, version)


def _database(view: GoView, module: str, version: str) -> dict[str, str]:
    if view.unverified(module):
        return {}
    at = way(view)
    reply = lookup(view, at, module, version) if at and at.base else None
    return hashes(reply.text, module, version) if reply and reply.ok else {}


def _second(view: GoView, module: str, version: str, own: str) -> list[tuple[str, dict[str, str]]]:
    """Return what another proxy serves, where anybody may know of the module."""
    if not may_be_public(view, module):
        return []
    other = next(proxy for proxy in PUBLIC if host_of(proxy) != own)
    base = f"{escape(module)}/@v/{escape(version)}"
    files = {kind: view.get(below(other, f"{base}.{kind}")) for kind in ("zip", "mod")}
    found = {}
    if files["zip"].ok and (total := opened(files["zip"], module, version).sum):
        found[version] = total
    if files["mod"].ok:
        found[f"{version}/go.mod"] = mod_sum(files["mod"].body)
    return [(other, found)]
