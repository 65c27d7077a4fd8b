"""Finds what a build that asks nobody will miss: GOPROXY is off, and the module cache has gaps."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.project import cached, project
from lab.diagnostics.versions import required
from lab.diagnostics.view import GoView
from lab.plural import counted
from lab.world.modpath import escape

QUESTION = "With GOPROXY=off, has the module cache all that the project requires?"
REMEDY = "Run go mod download with a GOPROXY that is not off, then build; or vendor the modules."
LOCAL = True
SCENARIO = "goproxy-off"

_MOST = 500


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Look for the go.mod of all that go may not fetch, and for the zip of what is used itself."""
    if view.problem or [entry.kind for entry in view.entries] != ["off"]:
        return no_question("GOPROXY is not off")
    own = project(view)
    folders = {entry.name for entry in view.machine.listing(own.root)}
    if "vendor" in folders:
        return no_question("the project has its dependencies in vendor")
    if view.env["GOWORK"] not in ("", "off"):
        return no_question("in a workspace, what is required may be beside it")
    indirect = {one.path for one in own.required.require if one.indirect}
    wanted = [each.rpartition("@")[::2] for each in required(view)][:_MOST]
    wrong = []
    closed = [each for each in wanted if not view.from_its_host(each[0])]
    for module, version in closed:
        folder = cached(view.env["GOMODCACHE"], module)
        there = {entry.name for entry in view.machine.listing(folder)}
        name = escape(version)
        needed = [f"{name}.mod", *([] if module in indirect else [f"{name}.zip"])]
        if missing := [each for each in needed if each not in there]:
            wrong.append(f"{module} {version}: {', '.join(missing)} is not in the module cache")
    return judged(wrong[:5], f"{counted(len(closed), 'module')} in the cache", "go mod download")
