"""Finds files of one version that contradict each other: .info, .mod and .zip."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from faults.goproto import semver
from lab.diagnostics.archive import Archive, fetched
from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.reply import Reply
from lab.diagnostics.versions import in_use, info, newest
from lab.diagnostics.view import GoView
from lab.sandbox.agent.network import OUT_OF_TIME
from lab.world.gomod import requirements

QUESTION = "Do the .info, .mod and .zip that go gets belong to the version asked for, and together?"
REMEDY = "Report it to the proxy's keepers, and fetch from another one into an empty module cache."

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_AHEAD = timedelta(days=1)


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Get the three as go does, and compare each with its form and with the others."""
    module = subject.module
    if why := view.not_asked(module):
        return no_question(why)
    version = in_use(view, subject)
    if not version:
        return no_question("no version is known to ask for")
    wrong: list[str] = []
    got: dict[str, Reply] = {}
    for kind in ("info", "mod", "zip"):
        walk = view.ask(module, f"@v/{version}.{kind}")
        if walk.served:
            got[kind] = walk.served[1]
        elif walk.ends != "direct" and not (walk.reply and walk.reply.error == OUT_OF_TIME):
            wrong.append(f"{version}.{kind} is not to be had: {walk.said}")
    if "info" in got:
        wrong += _info(got["info"], version)
    archive = fetched(view, got["zip"], module, version, limit) if "zip" in got else None
    if "mod" in got:
        wrong += _mod(got["mod"], module)
    if archive and not archive.cut:
        wrong += archive.wrong
        if "mod" in got and not archive.wrong and archive.sum:
            wrong += _same_mod(got["mod"].body, archive, module)
    wrong += _promised(view, module)
    wrong += _changing(view, module, version, got)
    see = f"go mod download -json {module}@{version}"
    return judged(wrong, f"{', '.join(got) or 'none'} of {version}", see)


def _changing(view: GoView, module: str, version: str, got: Mapping[str, Reply]) -> Iterator[str]:
    """Ask again for what is small: servers behind one name may differ, and none may change it."""
    for kind in ("info", "mod"):
        if kind not in got or got[kind].protocol == "file":
            continue
        walk = view.ask(module, f"@v/{version}.{kind}", fresh=True)
        again = walk.served
        if again is None:
            if walk.reply and walk.reply.not_there:
                yield f"{version}.{kind} is there, and not when it is asked for again: {walk.said}"
        elif kind == "mod" and again[1].body != got[kind].body:
            yield f"{version}.mod is another when it is asked for again"
        elif kind == "info" and _names(again[1]) != _names(got[kind]):
            yield f"{version}.info is another when it is asked for again"


def _names(reply: Reply) -> tuple[object, object]:
    said = info(reply.body)
    return said.get("Version"), said.get("Time")


def _promised(view: GoView, module: str) -> Iterator[str]:
    """Say what is not there of the newest version, though the list has it."""
    version = newest(view, module)
    lists = view.ask(module, "@v/list").served
    if lists is None or lists[0].kind == "file":  # a copy of a module cache has what was used
        return
    for kind in ("info", "mod") if version else ():
        reply = view.ask(module, f"@v/{version}.{kind}").reply
        if reply and reply.not_there:
            yield f"{version}.{kind} is not there ({reply.said}), though the list has {version}"


def _info(reply: Reply, version: str) -> Iterator[str]:
    said = info(reply.body)
    if not said:
        yield f"{version}.info is no JSON object: {reply.body[:60]!r}"
        return
    if said.get("Version") != version:
        yield f"{version}.info is about the version {json.dumps(said.get('Version'))}"
    time = said.get("Time")
    if time is None:
        return
    if not isinstance(time, str) or not _TIME.fullmatch(time):
        yield f"{version}.info has a Time that is none: {json.dumps(time)}"
        return
    try:
        moment = datetime.fromisoformat(re.sub(r"\.\d+", "", time))
    except ValueError:
        yield f"{version}.info has a Time that is none: {time}"
        return
    commit = semver.pseudo_commit(version)
    if commit and commit[0] != moment.astimezone(UTC):
        yield f"{version}.info says {time}, and the version itself {commit[0]:%Y-%m-%dT%H:%M:%SZ}"
    if moment > datetime.now(UTC) + _AHEAD:
        yield f"{version}.info is of the future: {time}"


def _mod(reply: Reply, module: str) -> Iterator[str]:
    named = requirements(reply.text).module
    if not named:
        yield f"the .mod has no module line: {reply.body[:60]!r}"
    elif named != module:
        yield f"the .mod is that of {named}"


def _same_mod(mod: bytes, archive: Archive, module: str) -> Iterator[str]:
    """Compare .mod with the go.mod in the zip; without one, go makes up a single line."""
    inside = archive.files.get("go.mod")
    if inside is None:
        words = mod.decode("utf-8", "replace").split()
        if words != ["module", module]:
            yield "the zip has no go.mod, and the .mod says more than its module line"
    elif inside != mod:
        ours, theirs = (set(text.decode("utf-8", "replace").splitlines()) for text in (mod, inside))
        differ = sorted((ours ^ theirs) - {""})
        yield f"the .mod is not the go.mod in the zip; they differ in {differ[:1] or 'blanks'}"
