"""Finds a proxy that fails behind another's back: go goes on to the next one and says nothing."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.reply import Reply
from lab.diagnostics.sumdb import database
from lab.diagnostics.versions import PUBLIC, in_use, may_be_public, second
from lab.diagnostics.view import GoView, Walk, below
from lab.go.settings import Entry
from lab.world.modpath import escape

QUESTION = "Does every proxy that go asks before the one that answers do its work?"
REMEDY = (
    "Mend the proxy, or take it off GOPROXY; a comma in the place of `|`, and no `direct` behind "
    "it, would make its failure show."
)


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Look at what go passes over: any error before a `|`, and 404s of who should know."""
    module = subject.module
    if why := view.not_asked(module):
        return no_question(why)
    files = ["@v/list"]
    if version := in_use(view, subject):
        files += [f"@v/{version}.{kind}" for kind in ("info", "mod", "zip")]
    wrong: list[str] = []
    for file in files:
        walk = view.ask(module, file)
        for entry, reply in _passed(walk):
            if not reply.not_there:
                wrong.append(f"{entry.shown}: {file}: {reply.said}, and go goes on")
            elif subject.required and _should_know(view, entry, module):
                wrong.append(f"{entry.shown}: {file}: {reply.said} for a public module in use")
        if wrong:
            break
    return judged(wrong, "go passes nobody over who should have answered")


def _passed(walk: Walk) -> tuple[tuple[Entry, Reply], ...]:
    """Return who did not have a file and was passed over."""
    if walk.served:
        return walk.steps[:-1]
    return walk.steps if walk.ends == "direct" else ()


def _should_know(view: GoView, entry: Entry, module: str) -> bool:
    """Tell whether a proxy is one for all public modules, and the module is one."""
    known = database(view.env["GOSUMDB"])
    for_all = entry.text.rstrip("/") in PUBLIC or (
        known and view.get(below(entry.text, f"sumdb/{known.name}/supported")).ok
    )
    if not for_all or not may_be_public(view, module):
        return False
    other = second(entry.host)
    return view.get(below(other, f"{escape(module)}/@v/list")).ok
