"""Finds a proxy that has no Go toolchains, where the project wants another Go than is here."""

from __future__ import annotations

import re

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.view import GoView
from lab.world.gomod import requirements

QUESTION = "Can go get the toolchain that the project asks for?"
REMEDY = (
    "Use a proxy that serves golang.org/toolchain, or install that Go and set GOTOOLCHAIN=local."
)

_RELEASE = re.compile(r"\d+(\.\d+)*(rc\d+)?")


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Ask for the toolchain as go does, if it would have to fetch one."""
    path = f"{view.machine.project}/go.mod"
    text = view.machine.read([path]).found.get(path, b"").decode("utf-8", "replace")
    said = requirements(text)
    named = [said.go, said.toolchain.removeprefix("go")]
    wanted = max(filter(_RELEASE.fullmatch, named), key=_order, default="")
    here = re.search(r"go(\d+(?:\.\d+)*)", view.env["GOVERSION"])
    setting = view.env["GOTOOLCHAIN"]
    if not wanted or not here or _order(wanted) <= _order(here[1]):
        return no_question("the Go that is here is new enough")
    if setting == "local" or setting.endswith("+path") or setting == "path":
        return no_question(f"GOTOOLCHAIN={setting}: go fetches none")
    if view.problem or not view.proxies("golang.org/toolchain"):
        return no_question("GOPROXY names no proxy")
    exact = wanted if wanted.count(".") > 1 else f"{wanted}.0"
    version = f"v0.0.1-go{exact}.{view.env['GOHOSTOS']}-{view.env['GOHOSTARCH']}"
    walk = view.ask("golang.org/toolchain", f"@v/{version}.mod")
    wrong = [] if walk.served else [f"go{exact} is not to be had: {walk.said}"]
    return judged(wrong, f"go{exact} is there", f"go mod download golang.org/toolchain@{version}")


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("rc")[0]))
