"""Finds what in vendor is not what go.mod asks for: edited, missing, or of another version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab.diagnostics.interface import Finding, Subject, alarm, no_question, quiet
from lab.diagnostics.machine import Machine
from lab.diagnostics.project import Beside, Project, beside, project, read_texts
from lab.diagnostics.view import GoView

QUESTION = "Is vendor what go.mod, go.sum and the modules themselves make of it?"
REMEDY = "go mod vendor, and look at the difference before it is committed."
LOCAL = True
SCENARIO = "vendor-drift"

_MODULE = re.compile(r"^# (\S+)(?: (v\S+))?(?: => (\S+)(?: (v\S+))?)?$")
_MOST_FOLDERS = 5000
_BATCH = 200
_COMPILED = (".go", ".s", ".S", ".c", ".h", ".cc", ".cpp", ".m", ".syso")
"""Files that go would build; others may be left out of a repository, or added to it."""


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Compare vendor/modules.txt with go.mod, and vendor with one that is made anew elsewhere."""
    own = project(view)
    folder = f"{own.root}/vendor"
    listed = read_texts(view.machine, [f"{folder}/modules.txt"]).get(f"{folder}/modules.txt")
    if listed is None:
        return no_question("there is no vendor directory")
    if listed.startswith("## workspace"):
        return no_question("vendor is that of a workspace, and is not compared")
    wrong = [*_modules(own, listed), *_missing(view.machine, folder, listed)]
    see = "go mod vendor -o /tmp/vendor && diff -r vendor /tmp/vendor"
    if wrong:
        return alarm("; ".join(wrong[:3]), *wrong, see=see)
    if not view.machine.has("go"):
        return quiet("as vendor/modules.txt says; without go it cannot be made anew")
    with beside(view, own) as copy:
        made = _made(copy, limit)
        if not made:
            return quiet("as vendor/modules.txt says; the modules to make it anew are not here")
        wrong = list(_differences(view.machine, folder, made))
    if wrong:
        return alarm("; ".join(wrong[:3]), *wrong, see=see)
    return quiet("the same as made anew")


def _modules(own: Project, listed: str) -> Iterator[str]:
    """What modules.txt and go.mod disagree on (cmd/go/internal/modload/vendor.go)."""
    versions: dict[str, str] = {}
    for line in listed.splitlines():
        if found := _MODULE.match(line):
            versions.setdefault(found[1], found[2] or "")
    for one in own.required.require:
        version = versions.get(one.path)
        if version is None:
            yield f"{one.path} {one.version} of go.mod is not in vendor/modules.txt"
        elif version and version != one.version:
            yield f"{one.path} is {one.version} in go.mod and {version} in vendor/modules.txt"


def _missing(machine: Machine, folder: str, listed: str) -> Iterator[str]:
    """Packages of modules.txt without a Go file."""
    for line in listed.splitlines()[:_MOST_FOLDERS]:
        package = line.strip()
        if package and not package.startswith("#") and not machine.listing(f"{folder}/{package}"):
            yield f"vendor/{package} is not there, and vendor/modules.txt has it"


def _made(copy: Beside, limit: float) -> str:
    """Make vendor anew from what the module cache has; return where, or '' if it does not do."""
    target = f"{copy.place}/vendor"
    done = copy.offline(
        *("mod", "vendor", "-o", target),
        limit=limit,
        GOMODCACHE=f"{copy.place}/cache",
        GOPROXY=f"file://{copy.view.env['GOMODCACHE']}/cache/download",
    )
    return target if done.exit == 0 else ""


def _differences(machine: Machine, folder: str, made: str) -> Iterator[str]:
    """Compare two trees by their files."""
    here, there = (_tree(machine, root) for root in (folder, made))
    for name in sorted(here.keys() | there.keys()):
        if name in here and name in there:
            if here[name] != there[name]:
                yield f"vendor/{name} is not as its module has it"
        elif name.endswith(_COMPILED):
            yield f"vendor/{name} is {'in no module' if name in here else 'missing'}"
    same = [name for name, size in here.items() if there.get(name) == size]
    for at in range(0, len(same), _BATCH):
        names = same[at : at + _BATCH]
        ours = machine.read([f"{folder}/{name}" for name in names]).found
        theirs = machine.read([f"{made}/{name}" for name in names]).found
        for name in names:
            if ours.get(f"{folder}/{name}") != theirs.get(f"{made}/{name}"):
                yield f"vendor/{name} is not as its module has it"


def _tree(machine: Machine, root: str) -> dict[str, int]:
    """Return the files below a directory with their sizes."""
    found: dict[str, int] = {}
    waiting = [""]
    while waiting and len(waiting) < _MOST_FOLDERS:
        at = waiting.pop()
        for entry in machine.listing(f"{root}/{at}" if at else root):
            name = f"{at}/{entry.name}" if at else entry.name
            if entry.kind == "folder":
                waiting.append(name)
            else:
                found[name] = entry.size
    return found
