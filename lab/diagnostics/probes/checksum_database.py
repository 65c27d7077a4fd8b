"""Finds a checksum database that cannot be reached, or does not say what it should."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.signed import record_problems
from lab.diagnostics.sumdb import database, lookup, way
from lab.diagnostics.versions import go_sum, in_use, newest
from lab.diagnostics.view import GoView

QUESTION = "Does the checksum database answer, by the way that go takes to it?"
REMEDY = (
    "Let sum.golang.org through, or use a proxy that serves /sumdb/; keep GOSUMDB on, and name "
    "private modules in GONOSUMDB."
)


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Find the way as go does, look one version up, and check what is said and who signed it."""
    module = subject.module
    if view.unverified(module):
        return no_question(f"go does not ask it about {module}")
    if view.problem or view.env["GOPROXY"] == "off":
        return no_question(view.problem or "GOPROXY is off")
    known = database(view.env["GOSUMDB"])
    if known is None:
        return judged(
            [f"GOSUMDB names no database: {view.env['GOSUMDB'][:80]!r}"], "", "go env GOSUMDB"
        )
    at = way(view)
    assert at
    if not at.base:
        said = at.walk.said if at.walk else ""
        return judged([f"whether a proxy serves {known.name} cannot be told: {said}"], "")
    versions = [each for each in (in_use(view, subject), newest(view, module)) if each]
    if not versions:
        return no_question("no version is known to look up")
    wrong: list[str] = []
    fine: list[str] = []
    for version in dict.fromkeys(versions):
        reply = lookup(view, at, module, version)
        if reply.not_there and go_sum(view, module, subject.required):
            fine.append(f"{reply.url}: {reply.said}, but go.sum has {subject.required}")
            continue
        if not reply.ok:
            wrong.append(f"{reply.url}: {reply.said}")
        else:
            problems = record_problems(reply.text, module, version, known.key)
            wrong += [f"{at.base}: {problem}" for problem in problems]
        fine.append(f"{reply.url}: {reply.said}")
    return judged(wrong, "; ".join(fine), f"curl {reply.url}")
