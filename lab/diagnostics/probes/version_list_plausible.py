"""Finds a version list that cannot be right: no versions at all, or without the one in use."""

from __future__ import annotations

import re

from lab.client import Client
from lab.diagnostics.interface import Finding, Target, alarm, quiet, unavailable
from lab.gosettings import first_proxy, not_asked
from lab.plural import counted

COMPARES = "GET @v/list as go does; a module with a tagged version in go.mod must list that one"

_VERSION = re.compile(r"v\d+\.\d+\.\d+\S*")
_PSEUDO = re.compile(r"[.-]\d{14}-[0-9a-f]{12}")


def check(client: Client, target: Target, limit: float) -> Finding:
    """Fetch the list with the client's own credentials and compare it with go.mod."""
    if why := not_asked(target.module, client.env):
        return unavailable(why)
    proxy = first_proxy(client.env)
    answer = client.fetch(f"{proxy}/{client.escaped(target.module)}/@v/list", limit=limit)
    if answer.error:
        return alarm(f"{answer.error} ({answer.stage})")
    if answer.status != 200:
        return alarm(f"HTTP {answer.status}")
    lines = answer.body.decode("utf-8", "replace").splitlines()
    versions = [line.split()[0] for line in lines if _VERSION.match(line)]
    listed = counted(len(versions), "version")
    tagged = bool(target.required) and not _PSEUDO.search(target.required)
    if tagged and not versions:
        return alarm(f"HTTP 200 without any version, and go.mod requires {target.required}")
    if tagged and target.required not in versions:
        return alarm(f"{listed}, and {target.required} of go.mod is not there")
    return quiet(listed)
