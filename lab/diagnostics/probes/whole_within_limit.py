"""Finds a proxy that accepts and then falls silent: go itself would wait for ever."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.reply import Reply
from lab.diagnostics.versions import in_use
from lab.diagnostics.view import GoView
from lab.plural import counted
from lab.sandbox.agent.network import OUT_OF_TIME

QUESTION = "Does every file that go asks for come whole, and within the limit?"
REMEDY = "go has no time limit of its own: end it from outside, and put another proxy first."

_MODEM = 100
"""Bytes a second: what a modem of fifty years ago did three times."""
_LONG_ENOUGH = 2.0


def _stalled(reply: Reply, limit: float) -> bool:
    """Tell whether a server did not answer in time, or not to the end.

    A body that keeps coming is slow, and no stall, unless it crawls: slower than any modem.
    """
    if reply.error == OUT_OF_TIME:
        return reply.stage != "body" or reply.pause > limit / 3 or _crawls(reply)
    return bool(reply.error) and reply.stage in ("headers", "body")


def _crawls(reply: Reply) -> bool:
    taken = reply.seconds - reply.first
    return taken >= _LONG_ENOUGH and len(reply.body) < _MODEM * taken


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Read each file that go would read; any complete answer will do, whatever its status."""
    module = subject.module
    if why := view.not_asked(module):
        return no_question(why)
    wrong, total, files = [], 0, ["@v/list"]
    if version := in_use(view, subject):
        files += [f"@v/{version}.{ending}" for ending in ("info", "mod", "zip")]
    for file in files:
        for entry, reply in view.ask(module, file).steps:
            if _stalled(reply, view.limit):
                got = counted(len(reply.body), "byte")
                wrong.append(f"{entry.shown}: {file}: {reply.said}, after {got} of the body")
            total += len(reply.body)
        if wrong:
            break  # what waits for one waits for all
    return judged(wrong, f"{counted(len(files), 'file')}, {counted(total, 'byte')}")
