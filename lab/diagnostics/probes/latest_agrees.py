"""Finds a @latest that the version list contradicts."""

from __future__ import annotations

from faults.goproto import semver
from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.versions import info, listed
from lab.diagnostics.view import GoView
from lab.world.gomod import retractions

QUESTION = "Is @latest the newest version of the list?"
REMEDY = "Have the proxy's cache refreshed: its list and its @latest are not of the same age."


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Compare the two; a proxy may leave out what the newest version retracts."""
    module = subject.module
    if why := view.not_asked(module):
        return no_question(why)
    versions = view.ask(module, "@v/list").served
    latest = view.ask(module, "@latest").served
    if not versions or not latest or versions[0] != latest[0]:
        return no_question("there is no list, or no @latest, of one proxy")
    every = listed(versions[1].body)
    names = [each for each in every if not each.endswith("+incompatible")] or every
    said = info(latest[1].body).get("Version")
    wrong = []
    if not isinstance(said, str) or not semver.is_valid(said):
        wrong.append(f"{latest[0].shown}: @latest names no version: {latest[1].body[:60]!r}")
    elif not semver.is_pseudo(said) and names and said != (newest := semver.latest(names)):
        if said not in every:
            wrong.append(f"{latest[0].shown}: @latest is {said}, which is not in the list")
        elif newest and not _retracts(view, module, newest):
            wrong.append(f"{latest[0].shown}: @latest is {said}, and the list has {newest}")
    elif semver.is_pseudo(said) and names:
        wrong.append(f"{latest[0].shown}: @latest is the commit {said}, and there are versions")
    return judged(wrong, f"@latest is {said}", f"go list -m {module}@latest")


def _retracts(view: GoView, module: str, newest: str) -> bool:
    mod = view.ask(module, f"@v/{newest}.mod").served
    return mod is None or bool(retractions(mod[1].text))
