"""Finds code that is not what others get: a zip or go.mod with another hash."""

from __future__ import annotations

from lab.diagnostics.archive import fetched, opened
from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.project import read_texts, zip_hash
from lab.diagnostics.sumdb import DEFAULT, hashes, lookup, passed_on, way
from lab.diagnostics.versions import go_sum, in_use, may_be_public, newest, second
from lab.diagnostics.view import GoView, below
from lab.plural import counted
from lab.world.modpath import escape
from lab.world.modzip import mod_sum

QUESTION = "Is what go gets of this version the same that everybody else gets?"
REMEDY = (
    "Trust neither: compare with the repository, empty the module cache, and keep the checksum "
    "database on."
)

Sums = dict[str, str]


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Hash what is in use, and the go.mod of the newest, and compare with go.sum and others."""
    module = subject.module
    if why := view.not_asked(module):
        return no_question(why)
    version = in_use(view, subject)
    wrong: list[str] = []
    seen: set[str] = set()
    total = 0
    for each in dict.fromkeys((version, newest(view, module))):
        served = view.ask(module, f"@v/{each}.mod").served if each else None
        if served is None:
            continue
        own = {f"{each}/go.mod": mod_sum(served[1].body)}
        got = view.ask(module, f"@v/{each}.zip").served if each == version else None
        if got and (sum_ := fetched(view, got[1], module, each, limit).sum):
            own[each] = sum_
        total += len(own)
        others = [*_others(view, module, each, served[0].host), *_kept(view, module, each)]
        if each in own and not any(each in theirs for _, theirs in others):
            others += _again(view, module, each)
        for source, theirs in others:
            seen |= {source} if theirs else set()
            wrong += [
                f"{served[0].shown}: {module} {name} is {own[name]}; {source} has {theirs[name]}"
                for name in own
                if name in theirs and theirs[name] != own[name]
            ]
    if not total:
        return no_question("there is no version, or none of its files, to compare")
    said = f"the same as in {', '.join(sorted(seen))}" if seen else "nobody to compare with"
    see = f"go mod download -json {module}@{version}"
    return judged(wrong, f"{counted(total, 'sum')}, {said}", see)


def _kept(view: GoView, module: str, version: str) -> list[tuple[str, Sums]]:
    """Return what the module cache has: go fetches it no more, whatever a proxy has by now."""
    path = zip_hash(view.env["GOMODCACHE"], module, version)
    found = read_texts(view.machine, [path])
    return [("the module cache", {version: text.strip()}) for text in found.values()]


def _again(view: GoView, module: str, version: str) -> list[tuple[str, Sums]]:
    """Ask once more where nobody else vouches: the servers behind one name may differ."""
    served = view.ask(module, f"@v/{version}.zip", fresh=True).served
    sum_ = opened(served[1], module, version).sum if served else ""
    return [("the same proxy, asked again,", {version: sum_})] if sum_ else []


def _others(view: GoView, module: str, version: str, own: str) -> list[tuple[str, Sums]]:
    """Return what others have: the database decides, where it knows the version."""
    own_sums = ("go.sum", go_sum(view, module, version))
    if theirs := _database(view, module, version, own):
        return [own_sums, ("the checksum database", theirs)]
    if not may_be_public(view, module):
        return [own_sums]
    return [own_sums, (second(own), _second(view, module, version, own))]


def _database(view: GoView, module: str, version: str, own: str) -> Sums:
    """Ask the database; where go does not, a public proxy that knows of the module passes it on."""
    at = None
    if not view.unverified(module):
        at = way(view)
    elif may_be_public(view, module):
        at = passed_on(second(own), DEFAULT)
    reply = lookup(view, at, module, version) if at and at.base else None
    return hashes(reply.text, module, version) if reply and reply.ok else {}


def _second(view: GoView, module: str, version: str, own: str) -> Sums:
    path = f"{escape(module)}/@v/{escape(version)}"
    files = {kind: view.get(below(second(own), f"{path}.{kind}")) for kind in ("zip", "mod")}
    found = {}
    if files["zip"].ok and (sum_ := opened(files["zip"], module, version).sum):
        found[version] = sum_
    if files["mod"].ok:
        found[f"{version}/go.mod"] = mod_sum(files["mod"].body)
    return found
