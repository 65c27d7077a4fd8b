"""Finds a proxy that does not say "not here" as go understands it: by 404 or 410."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.reply import Reply
from lab.diagnostics.versions import listed
from lab.diagnostics.view import GoView, below

QUESTION = "Does each proxy of GOPROXY answer 404 or 410 for a module that nobody has?"
REMEDY = (
    "Have the proxy answer 404 for what it does not have; anything else ends a list with commas, "
    "and a page with status 200 is taken for an answer."
)

NOBODYS = "golab.invalid/no/such/module"
"""A module path that cannot be anybody's (RFC 2606)."""


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Ask every proxy for a list, an .info and @latest of a module that cannot be."""
    proxies = [entry for entry in view.proxies(subject.module) if entry.kind == "http"]
    if not proxies:
        return no_question(view.not_asked(subject.module) or "GOPROXY names no proxy on a network")
    wrong: list[str] = []
    fine: list[str] = []
    for entry in proxies:
        last = entry is view.entries[-1] or entry == view.entries[-1]
        for file in ("@v/list", "@v/v1.0.0.info"):
            reply = view.get(below(entry.text, f"{NOBODYS}/{file}"))
            if problem := _problem(reply, file, last=last):
                wrong.append(f"{entry.shown}: {file} of a module that nobody has: {problem}")
            else:
                fine.append(f"{entry.shown}: {file}: {reply.said}")
    see = f"curl -i {below(proxies[0].shown, f'{NOBODYS}/@v/list')}"
    return judged(wrong, "; ".join(fine), see)


def _problem(reply: Reply, file: str, *, last: bool) -> str:
    """Say what is wrong with an answer; a proxy that does not answer is another's business."""
    if reply.error or reply.not_there or reply.status == 429:
        return ""
    if reply.ok:
        empty = file == "@v/list" and (not reply.body.strip() or listed(reply.body))
        return "" if empty else f"HTTP 200 and {reply.body[:40]!r}"
    if reply.status >= 500:
        return reply.said
    return "" if last else f"{reply.said}, so that go never asks the next entry"
