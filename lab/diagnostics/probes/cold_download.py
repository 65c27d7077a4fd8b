"""Finds what a warm cache hides: go itself fetches all that is required into an empty one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lab.diagnostics.interface import Finding, Subject, judged, no_question, unavailable
from lab.diagnostics.project import copy, project
from lab.diagnostics.versions import required
from lab.diagnostics.view import GoView
from lab.plural import counted
from lab.sandbox.interface import Completed

QUESTION = "Can go fetch what the project requires on a machine that has nothing yet?"
REMEDY = "What go says names the entry that fails: mend it, or put one that answers in its place."

_SCRATCH = "golab.invalid/scratch"
_MOST = 10
"""Modules that are fetched: what a proxy makes of many requests shows, and it stays bounded."""


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Download with go, and if that fails over HTTP/2, once more over HTTP/1.1."""
    if not view.machine.has("go"):
        return unavailable("go is not installed")
    if view.env["GOPROXY"] == "off":
        return no_question("GOPROXY is off, so nothing is fetched")
    if any(each.name == "vendor" for each in view.machine.listing(view.machine.project)):
        return no_question("the project has its dependencies in vendor")
    if view.env["GOWORK"] not in ("", "off"):
        return no_question("in a workspace, what is required may be beside it")
    modules = required(view)
    named = {one.path for one in project(view).required.require}
    if subject.required and subject.module not in named:
        modules.insert(0, f"{subject.module}@{subject.required}")
    if not modules:
        return no_question("the project requires nothing")
    done = _download(view, modules[:_MOST], limit)
    if done.timed_out:
        return no_question(f"not at an end after {limit:g} s")
    wrong = [f"{each['Path']}@{each['Version']}: {each['Error']}" for each in _failed(done)]
    if not wrong and done.exit:
        wrong = [done.stderr or f"exit {done.exit}"]
    if wrong and any(entry.text.startswith("https:") for entry in view.entries):
        over1 = _download(view, modules[:_MOST], limit, GODEBUG="http2client=0")
        if over1.exit == 0:
            wrong = [f"over HTTP/2 only, not over HTTP/1.1: {each}" for each in wrong]
    if not wrong and not done.exit:
        wrong = _graph(view, modules[:_MOST], limit)
    short = [" ".join(each.split())[:300] for each in wrong[:3]]
    see = f"GOMODCACHE=$(mktemp -d) go mod download {modules[0]}"
    return judged(short, counted(min(len(modules), _MOST), "module"), see)


def _download(view: GoView, modules: list[str], limit: float, **env: str) -> Completed:
    """Run go where there is no project, with all its caches elsewhere."""
    with view.machine.scratch() as place:
        own = _elsewhere(place)
        view.machine.run(["go", "mod", "init", _SCRATCH], limit=limit, env=own, cwd=place)
        # A machine that has nothing has what the project's repository has.
        copy(view.machine, view.machine.project, ("go.sum",), place)
        argv = ["go", "mod", "download", "-json", "--", *modules]  # one may be called `-modfile=…`
        return view.machine.run(argv, limit=limit, env={**own, **env}, cwd=place)


def _elsewhere(place: str) -> dict[str, str]:
    return {
        "GOPATH": f"{place}/gopath",
        "GOMODCACHE": f"{place}/mod",
        "GOFLAGS": "-modcacherw",
        "GOWORK": "off",
        "GOTOOLCHAIN": "local",
        "GO111MODULE": "on",
    }


def _graph(view: GoView, modules: list[str], limit: float) -> list[str]:
    """Have go read the go.mod of all that these modules require, and say what it says."""
    path = f"{view.machine.project}/go.mod"
    text = view.machine.read([path]).found.get(path, b"")
    if b"replace" in text or b"exclude" in text:  # then the project's graph is another
        return []
    asked = [f"-require={each}" for each in modules]
    with view.machine.scratch() as place:
        env = {**_elsewhere(place), "GOFLAGS": "-modcacherw -mod=mod"}
        copy(view.machine, view.machine.project, ("go.sum",), place)
        for argv in (
            ["go", "mod", "init", _SCRATCH],
            ["go", "mod", "edit", *asked],
            ["go", "list", "-m", "all"],
        ):
            done = view.machine.run(argv, limit=limit, env=env, cwd=place)
            if done.timed_out:
                return []
            if done.exit:
                return [" ".join(done.stderr.split())]
    return []


def _failed(done: Completed) -> Iterator[Mapping[str, Any]]:
    rest = done.stdout
    decoder = json.JSONDecoder()
    while rest := rest.strip():
        try:
            found, end = decoder.raw_decode(rest)
        except ValueError:
            return
        if isinstance(found, dict) and found.get("Error"):
            yield {"Path": "", "Version": "", **found}
        rest = rest[end:]
