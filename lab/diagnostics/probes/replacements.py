"""Finds replacements by a directory that is not there, or is no module."""

from __future__ import annotations

import posixpath

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.project import project
from lab.diagnostics.view import GoView
from lab.plural import counted

QUESTION = "Is every directory that stands for a module there, with a go.mod?"
REMEDY = "Create the directory, or drop it: go mod edit -dropreplace=MODULE."
LOCAL = True
SCENARIO = "run-vs-install"


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Look into the directories that go.mod names."""
    own = project(view)
    if not own.go_mod:
        return no_question("there is no go.mod")
    local = [one for one in own.required.replace if one.local]
    wrong = []
    for one in local:
        folder = posixpath.normpath(posixpath.join(own.root, one.new_path))
        names = {entry.name for entry in view.machine.listing(folder)}
        if not names:
            wrong.append(
                f"go.mod, line {one.line}: {one.path} => {one.new_path}, which is not there"
            )
        elif "go.mod" not in names:
            wrong.append(
                f"go.mod, line {one.line}: {one.path} => {one.new_path}, which has no go.mod"
            )
    return judged(wrong, counted(len(local), "replacement") + " by a directory", "go list -m all")
