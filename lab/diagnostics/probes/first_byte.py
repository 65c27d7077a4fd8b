"""Finds a server that answers, but late: go waits as long for each file, one behind the other."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.reply import Reply
from lab.diagnostics.sumdb import lookup, way
from lab.diagnostics.versions import in_use
from lab.diagnostics.view import GoView
from lab.plural import counted

QUESTION = "Does every server that go asks begin to answer within two seconds of a question?"
REMEDY = "Ask the server's keepers what it waits for, or put another proxy first."
SEVERITY = "warning"

_LATE = 2.0
"""Seconds between a question and the first byte: a satellite takes less than one."""


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Time small files, and ask again whoever was late: the first time it may have fetched them."""
    module = subject.module
    if why := view.not_asked(module):
        return no_question(why)
    version = in_use(view, subject)
    files = ["@v/list", *(f"@v/{version}.{kind}" for kind in ("info", "mod") if version)]
    waits: dict[str, float] = {}
    for file in files:
        for entry, reply in view.ask(module, file).steps:
            if not reply.error:
                waits[entry.shown] = min(reply.wait, waits.get(entry.shown, reply.wait))
    late = {shown for shown, wait in waits.items() if wait >= _LATE}
    if late:
        for entry, reply in view.ask(module, files[-1], fresh=True).steps:
            if reply.error or reply.wait < _LATE:
                late.discard(entry.shown)
    wrong = [f"{shown}: {waits[shown]:.1f} s before each answer begins" for shown in waits]
    wrong = [said for said, shown in zip(wrong, waits, strict=True) if shown in late]
    if version and (answer := _database(view, module, version)):
        wrong.append(f"{answer.url}: {answer.wait:.1f} s before the answer begins, twice")
    longest = max(waits.values(), default=0.0)
    return judged(wrong, f"{counted(len(files), 'file')}, at most {longest:.1f} s before each")


def _database(view: GoView, module: str, version: str) -> Reply | None:
    """Return the second answer of a checksum database that is late twice."""
    at = None if view.unverified(module) else way(view)
    if at is None or not at.base:
        return None
    for fresh in (False, True):
        reply = lookup(view, at, module, version, fresh=fresh)
        if reply.error or reply.wait < _LATE:
            return None
    return reply
