"""Finds lines of go.sum that the checksum database contradicts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from lab.diagnostics.interface import Finding, Subject, judged, unavailable
from lab.diagnostics.lints.hosts import is_public
from lab.diagnostics.project import Project, project
from lab.diagnostics.reply import Reply
from lab.diagnostics.sumdb import Way, database, hashes, lookup, way
from lab.diagnostics.view import GoView, below
from lab.plural import counted

QUESTION = "Does the checksum database have the hashes that go.sum has?"
REMEDY = (
    "remove the lines from go.sum, go clean -modcache, and go mod tidy with the checksum database "
    "on; if they come back, the proxy serves other code than the rest of the world gets"
)
LOCAL = False

_MOST = 200
_AT_A_TIME = 8
_DATABASE = "sum.golang.org"


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Look up what go.sum has, at a database that may know of it anyway."""
    own = project(view)
    if not own.sums:
        return unavailable("there is no go.sum")
    asked = list(_askable(view, own))[:_MOST]
    if not asked:
        return unavailable("no module of go.sum may be looked up")
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
            if (has := own.sums.get((module, name), sum_)) != sum_:
                wrong.append(f"{module} {name}: {has} in go.sum, {sum_} in the database")
    if not compared:
        return unavailable(f"no answer about {counted(len(asked), 'module')}")
    return judged(
        wrong,
        f"{compared} of {counted(len(asked), 'module')} compared",
        "cp go.mod $(mktemp -d) … GOFLAGS=-mod=mod GOMODCACHE=$(mktemp -d) go mod download -json",
    )


def _askable(view: GoView, own: Project) -> Iterator[tuple[Way, str, str]]:
    """The versions of go.sum, and where each may be looked up.

    Where go asks no database, only a public proxy is asked, and only about what go asks it for in
    any case: a name goes nowhere where go's settings do not send it.
    """
    usual = way(view) if view.env["GOSUMDB"] != "off" else None
    named = database(view.env["GOSUMDB"])
    name = named.name if named else _DATABASE
    replaced = {(one.path, one.version) for one in own.required.replace if not one.version}
    for module, version in dict.fromkeys(
        (module, version.removesuffix("/go.mod")) for module, version in own.sums
    ):
        if (module, "") in replaced and (module, version) not in own.sums:
            continue
        if not view.unverified(module):
            if usual and usual.base:
                yield usual, module, version
            continue
        first = next(iter(view.proxies(module)), None)
        if first and first.kind == "http" and is_public(first.host):
            yield Way(below(first.text, f"sumdb/{name}")), module, version
