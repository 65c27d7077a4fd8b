"""Finds a project that go itself cannot read: its files contradict each other, or GOFLAGS."""

from __future__ import annotations

import re

from lab.diagnostics.interface import Finding, Subject, judged, no_question, unavailable
from lab.diagnostics.project import project
from lab.diagnostics.view import GoView

QUESTION = "Can go read the project as it stands, without asking anybody?"
REMEDY = "What go says names the file: mend it, or go mod tidy, go work sync, go mod vendor."
LOCAL = True
SCENARIO = "vendor-drift"

_ASKS_NOBODY = {
    "GOPROXY": "off",
    "GONOPROXY": "none",
    "GOSUMDB": "off",
    "GOVCS": "*:off",
    "GOTOOLCHAIN": "local",
}
_FETCHES = re.compile(r"GOPROXY=off|cannot find module providing package")
_TOO_OLD = re.compile(r"requires go >=|GOTOOLCHAIN=local")
_SUM_MISSING = re.compile(r"missing go\.sum entry[^\n]*")


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Have go name its main modules, and then, where there is a go.sum, load all packages."""
    own = project(view)
    if not own.go_mod:
        return no_question("there is no go.mod")
    if not view.machine.has("go"):
        return unavailable("go is not installed")
    if view.env["GO111MODULE"] == "off":
        return no_question("GO111MODULE is off")
    may_write = "-mod=mod" in view.env["GOFLAGS"]
    unwritten = ["-mod=readonly"] if may_write else []
    done = view.machine.run(["go", "list", "-m", *unwritten], limit=limit, env=_ASKS_NOBODY)
    said = " ".join(done.stderr.split())
    if _TOO_OLD.search(said) and view.env["GOTOOLCHAIN"] != "local":
        return no_question("go would fetch another toolchain to read it")
    if done.exit and not done.timed_out and not _FETCHES.search(said):
        return judged([f"go list -m: {said[:300]}"], "", "go list -m")
    # Without the hash of any zip nobody has completed go.sum yet; with some, one has been lost.
    if may_write or not own.versions or view.env["GOWORK"] not in ("", "off"):
        return no_question("go reads it; its go.sum is not complete yet, or go may add to it")
    argv = ["go", "list", "-deps", "-e", "-f", "{{with .Error}}{{.}}{{end}}", *unwritten, "./..."]
    with view.machine.scratch() as place:
        elsewhere = {
            "GOPROXY": f"file://{view.env['GOMODCACHE']}/cache/download",
            "GOMODCACHE": f"{place}/mod",
            "GOCACHE": f"{place}/gocache",
            "GOFLAGS": f"{view.env['GOFLAGS']} -modcacherw".strip(),
        }
        done = view.machine.run(argv, limit=limit, env={**_ASKS_NOBODY, **elsewhere})
    missing = _SUM_MISSING.search(done.stdout + done.stderr)
    found = [missing[0][:300]] if missing and not done.timed_out else []
    return judged(found, "go reads it", "go list -deps ./...")
