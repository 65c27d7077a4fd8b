"""Which versions of a module go would know of."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from faults.goproto import semver
from lab.diagnostics.interface import Subject
from lab.diagnostics.project import project
from lab.diagnostics.sumdb import hashes
from lab.diagnostics.view import GoView
from lab.go.settings import host_of

PUBLIC = ("https://proxy.golang.org", "https://goproxy.cn")
"""Proxies that anybody may ask, each independent of the other."""


MOST_LISTED = 1 << 20
"""Bytes of a list that are read: a hundred thousand versions, ten times what the longest have."""


def listed(body: bytes) -> list[str]:
    """Return the versions that go takes from a list: the first word of a line, if it is one."""
    words = [line.split() for line in body[:MOST_LISTED].decode("utf-8", "replace").split("\n")]
    found = [each[0] for each in words if each]
    return [each for each in found if semver.is_valid(each) and not semver.is_pseudo(each)]


def info(body: bytes) -> dict[str, Any]:
    """Return what an .info or @latest says, as go reads it: names in any case; {} if nothing."""
    with suppress(ValueError, RecursionError):
        found = json.loads(body)
        if isinstance(found, dict):
            return {str(name).capitalize(): value for name, value in found.items()}
    return {}


def in_use(view: GoView, subject: Subject) -> str:
    """Return the version to look at: the one that is required, else the newest; '' if none."""
    if subject.required:
        return subject.required
    if found := newest(view, subject.module):
        return found
    walk = view.ask(subject.module, "@latest")
    version = info(walk.served[1].body).get("Version", "") if walk.served else ""
    return version if isinstance(version, str) and semver.is_valid(version) else ""


def newest(view: GoView, module: str) -> str:
    """Return the newest version of the list that go gets, '' if there is none."""
    walk = view.ask(module, "@v/list")
    return (semver.latest(listed(walk.served[1].body)) or "") if walk.served else ""


def go_sum(view: GoView, module: str, version: str) -> dict[str, str]:
    """Return version (or `version/go.mod`) -> hash from the project's go.sum."""
    path = f"{view.machine.project}/go.sum"
    text = view.machine.read([path]).found.get(path, b"").decode("utf-8", "replace")
    return hashes(text, module, version)


def second(own: str) -> str:
    """Return a public proxy that is another than the one at this host."""
    return next(proxy for proxy in PUBLIC if host_of(proxy) != own)


def may_be_public(view: GoView, module: str) -> bool:
    """Tell whether go itself shows this path to a public proxy or to the public database.

    Nothing here may show a name to somebody to whom the user's own settings do not.
    """
    if view.is_private(module):
        return False
    known = {entry.text.rstrip("/") for entry in view.proxies(module)}
    return bool(known & set(PUBLIC)) or not view.unverified(module)


def required(view: GoView) -> list[str]:
    """Return `module@version` of what go.mod has fetched, the indirect last.

    That is what it requires, or what stands in for it; not what a directory stands in for.
    """
    own = project(view).required
    excluded = {(one.path, one.version) for one in own.exclude}
    instead = {(one.path, one.version): one for one in own.replace}
    found = []
    for one in own.require:
        if (one.path, one.version) in excluded or not semver.is_canonical(one.version):
            continue
        other = instead.get((one.path, one.version)) or instead.get((one.path, ""))
        if other is None:
            found.append((one.indirect, f"{one.path}@{one.version}"))
        elif not other.local:
            found.append((one.indirect, f"{other.new_path}@{other.new_version}"))
    return [name for _, name in sorted(found, key=lambda each: each[0])]
