"""Finds a memory of the checksum database that go can no longer read, or that nobody has signed."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.project import read_texts
from lab.diagnostics.signed import head_problem
from lab.diagnostics.sumdb import database
from lab.diagnostics.view import GoView

QUESTION = "Is what go remembers of the checksum database what that has signed?"
REMEDY = "Remove the file, and go clean -modcache: go then asks the database anew."
LOCAL = True
SCENARIO = "sumdb-mismatch"


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Read the head of the tree that go has kept (modfetch/sumdb.go, ReadConfig)."""
    known = database(view.env["GOSUMDB"])
    if known is None:
        return no_question("go asks no checksum database")
    path = f"{view.env['GOPATH'].partition(':')[0]}/pkg/sumdb/{known.name}/latest"
    note = read_texts(view.machine, [path]).get(path, "")
    if not note:
        return no_question("go has not asked the database yet")
    problem = head_problem(note, known.key, -1)
    see = f"cat {path}"
    return judged([f"{path}: {problem}"] if problem else [], "a signed head of its tree", see)
