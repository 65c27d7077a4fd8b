"""Which modules of a project the probes are pointed at."""

from __future__ import annotations

from collections.abc import Iterable

from faults.goproto import semver
from lab.diagnostics.interface import Subject
from lab.diagnostics.project import Project
from lab.diagnostics.view import GoView
from lab.errors import UsageError
from lab.world.gomod import Required
from lab.world.modpath import path_problem

MOST = 4
"""Modules that are looked at if none is named: one for each way that go takes, then any others."""
MOST_NAMED = 20


def named(modules: Iterable[str], own: Project) -> list[Subject]:
    """Return the modules that a person names, `path` or `path@version`.

    Raises:
        UsageError: one is no module path, or there are too many.
    """
    required = {one.path: one.version for one in own.required.require}
    found = {}
    for text in modules:
        path, _, version = text.partition("@")
        if why := path_problem(path):
            raise UsageError(f"--module {text!r}: {why}")
        found[path] = Subject(path, version or required.get(path, ""))
    if len(found) > MOST_NAMED:
        raise UsageError(f"--module: more than {MOST_NAMED} modules; name those that trouble you")
    return list(found.values())


def chosen(view: GoView, own: Project) -> list[Subject]:
    """Return modules that go.mod requires: what is asked elsewhere, or as somebody else, first."""
    local = {one.path for one in own.required.replace if one.local}
    needed = [one for one in own.required.require if one.path not in local and _asked_for(one)]
    needed.sort(key=lambda one: one.indirect)
    first: dict[object, Subject] = {}
    others = []
    for one in needed:
        subject = Subject(one.path, one.version)
        if _way(view, one.path) in first:
            others.append(subject)
        else:
            first[_way(view, one.path)] = subject
    return [*first.values(), *others][: max(MOST, min(len(first), 2 * MOST))]


def _asked_for(one: Required) -> bool:
    """Tell whether go asks anybody about it: who wrote go.mod may have written anything."""
    return semver.is_valid(one.version) and not path_problem(one.path)


def _way(view: GoView, module: str) -> object:
    """What tells apart how go fetches modules: who is asked, and whether sums are."""
    host = module.partition("/")[0] if view.from_its_host(module) else ""
    return (host, view.unverified(module))
