"""Finds a checksum database that cannot be reached, or does not say what it should."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.signed import head_problem
from lab.diagnostics.sumdb import Way, database, hashes, lookup, way
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
            wrong += _answer(reply.text, module, version, known.key, at)
        fine.append(f"{reply.url}: {reply.said}")
    return judged(wrong, "; ".join(fine), f"curl {reply.url}")


def _answer(text: str, module: str, version: str, key: str, at: Way) -> list[str]:
    """Say what is wrong with a record: its number, its lines, the signed head of the tree."""
    record, _, note = text.partition("\n\n")
    number, _, lines = record.partition("\n")
    if not number.isdigit():
        return [f"{at.base} answers what is no record: {text[:60]!r}"]
    wrong = []
    said = hashes(lines, module, version)
    missing = [name for name in (version, f"{version}/go.mod") if name not in said]
    if missing:
        wrong.append(f"{at.base}: the record has no line for {module} {missing[0]}")
    if problem := head_problem(note, key, int(number)):
        wrong.append(f"{at.base}: {problem}")
    return wrong
