"""Finds hashes of go.sum and of the module cache that the checksum database contradicts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.lints.hosts import is_public
from lab.diagnostics.project import Project, cached, project, read_texts, zip_hash
from lab.diagnostics.reply import Reply
from lab.diagnostics.sumdb import Way, database, hashes, lookup, way
from lab.diagnostics.view import GoView, below
from lab.plural import counted
from lab.world.modpath import unescape

QUESTION = "Does the checksum database have the hashes that go.sum and the module cache have?"
REMEDY = (
    "Remove the lines from go.sum, go clean -modcache, then go mod tidy with the checksum database "
    "on; if they come back, the proxy serves other code than the rest of the world gets."
)
LOCAL = False
SCENARIO = "first-use-trust"

_MOST = 200
_AT_A_TIME = 8
_DATABASE = "sum.golang.org"

Key = tuple[str, str]
"""A module, and a version or `version/go.mod`."""


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Look up what go.sum has, at a database that may know of it anyway."""
    own = project(view)
    known = {**_cached(view, own, subject), **{key: (h1, "go.sum") for key, h1 in own.sums.items()}}
    asked = list(_askable(view, own, known))[:_MOST]
    if not asked:
        return no_question("there is nothing that may be looked up")
    end = time.monotonic() + limit

    def look(place: tuple[Way, str, str]) -> Reply | None:
        return lookup(view, *place) if time.monotonic() < end else None

    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        replies = list(pool.map(look, asked))
    wrong: list[str] = []
    compared = 0
    for (_, module, version), reply in zip(asked, replies, strict=True):
        if reply is None or not reply.ok:
            continue
        compared += 1
        said = hashes(reply.text, module, version)
        if not said:
            wrong.append(f"{module} {version}: {reply.url} answers without a hash of it")
        for name, sum_ in said.items():
            has, where = known.get((module, name), (sum_, ""))
            if has != sum_:
                wrong.append(f"{module} {name}: {has} in {where}, {sum_} in the database")
    if not compared:
        return no_question(f"no answer about {counted(len(asked), 'module')}")
    return judged(
        wrong,
        f"{compared} of {counted(len(asked), 'module')} compared",
        "cp go.mod $(mktemp -d) … GOFLAGS=-mod=mod GOMODCACHE=$(mktemp -d) go mod download -json",
    )


def _cached(view: GoView, own: Project, subject: Subject) -> dict[Key, tuple[str, str]]:
    """Return the hashes of zips that the module cache has recorded, of what go.mod requires."""
    cache = view.env["GOMODCACHE"]
    required = [(one.path, one.version) for one in own.required.require]
    places = {zip_hash(cache, module, version): (module, version) for module, version in required}
    if subject.module:
        folder = cached(cache, subject.module)
        names = [entry.name for entry in view.machine.listing(folder)]
        for name in names:
            if name.endswith(".ziphash"):
                places[f"{folder}/{name}"] = (subject.module, _unescaped(name[: -len(".ziphash")]))
    texts = read_texts(view.machine, list(places))
    return {places[path]: (text.strip(), "the module cache") for path, text in texts.items()}


def _unescaped(name: str) -> str:
    return unescape(name) or name


def _askable(
    view: GoView, own: Project, known: Mapping[Key, object]
) -> Iterator[tuple[Way, str, str]]:
    """The versions of go.sum, and where each may be looked up.

    Where go asks no database, only a public proxy is asked, and only about what go asks it for in
    any case: a name goes nowhere where go's settings do not send it.
    """
    usual: Way | None = None
    named = database(view.env["GOSUMDB"])
    name = named.name if named else _DATABASE
    replaced = {one.path for one in own.required.replace if not one.version}
    for module, version in dict.fromkeys((path, v.removesuffix("/go.mod")) for path, v in known):
        if module in replaced and (module, version) not in known:
            continue
        if not view.unverified(module):
            usual = usual or way(view)  # asked for when it is needed, and not before
            if usual and usual.base:
                yield usual, module, version
            continue
        first = next(iter(view.proxies(module)), None)
        if first and first.kind == "http" and is_public(first.host):
            yield Way(below(first.text, f"sumdb/{name}")), module, version
