"""Finds a proxy that keeps an old commit for a branch."""

from __future__ import annotations

from faults.goproto import semver
from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.versions import info, may_be_public, second
from lab.diagnostics.view import GoView, below
from lab.world.modpath import escape

QUESTION = "Does an independent proxy know the same commit at the head of the branch?"
REMEDY = "Ask for the commit itself (@<hash>), or set GONOPROXY for this path and ask again."

_BRANCHES = ("master", "main")


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Compare the heads of the usual branches, where the project uses a commit."""
    module = subject.module
    if why := view.not_asked(module):
        return no_question(why)
    if not semver.is_pseudo(subject.required):
        return no_question(f"the project uses no commit of {module}")
    if not may_be_public(view, module):
        return no_question("nobody outside may learn of this path, so there is no second source")
    wrong: list[str] = []
    fine: list[str] = []
    for branch in _BRANCHES:
        own = view.ask(module, f"@v/{branch}.info").served
        if own is None:
            continue
        other = second(own[0].host)
        answer = view.get(below(other, f"{escape(module)}/@v/{branch}.info"))
        ours, theirs = info(own[1].body), info(answer.body) if answer.ok else {}
        if theirs and ours.get("Version") != theirs.get("Version"):
            said = f"{branch} is {ours.get('Version')}, and at {other} {theirs.get('Version')}"
            wrong.append(f"{own[0].shown}: {said}")
        fine.append(f"{branch} is {ours.get('Version')}")
    return judged(wrong, "; ".join(fine) or "no such branch", f"go list -m {module}@master")
