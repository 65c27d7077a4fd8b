"""Finds a proxy that is behind or ahead: asks a second, independent one for the same list."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.versions import listed, may_be_public, second
from lab.diagnostics.view import GoView, below
from lab.plural import counted
from lab.world.modpath import escape

QUESTION = "Does an independent proxy know the same versions?"
REMEDY = "Have the proxy's cache refreshed, or put the one that knows more in front of it."

_TIMES = 3
_MOST = 3


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Compare the lists, the own one several times, for the servers behind one name may differ."""
    module = subject.module
    if why := view.not_asked(module):
        return no_question(why)
    if not may_be_public(view, module):
        return no_question("nobody outside may learn of this path, so there is no second source")
    walk = view.ask(module, "@v/list")
    if walk.served is None:
        return no_question(f"there is no list to compare: {walk.said}")
    entry, reply = walk.served
    own = listed(reply.body)
    other = second(entry.host)
    answer = view.get(below(other, f"{escape(module)}/@v/list"))
    if not answer.ok:
        return no_question(f"{other} does not say: {answer.said}")
    theirs = listed(answer.body)
    wrong = []
    if missing := [version for version in theirs if version not in own]:
        wrong.append(f"{entry.shown} does not know {', '.join(missing)}; {other} does")
    surplus = [version for version in own if version not in theirs][:_MOST]
    wrong += [  # a list may be behind; who has never heard of a version says so
        f"{entry.shown} has {version}, of which {other} has never heard"
        for version in surplus
        if view.get(below(other, f"{escape(module)}/@v/{escape(version)}.info")).not_there
    ]
    if not wrong and entry.kind == "http":
        for _ in range(_TIMES - 1):
            again = view.ask(module, "@v/list", fresh=True).served
            if again and listed(again[1].body) != own:
                wrong.append(f"{again[0].shown} gives another list when it is asked again")
                break
    see = f"curl {below(entry.shown, f'{escape(module)}/@v/list')}"
    return judged(wrong, f"the same {counted(len(own), 'version')} at {other}", see)
