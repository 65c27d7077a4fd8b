"""Finds a proxy that accepts and then falls silent: go itself would wait for ever."""

from __future__ import annotations

from lab.client import Client
from lab.diagnostics.interface import Finding, Target, alarm, quiet, unavailable
from lab.gosettings import first_proxy, not_asked
from lab.plural import counted

COMPARES = "GET list, .info, .mod and .zip to their last byte, each under a time limit"


def check(client: Client, target: Target, limit: float) -> Finding:
    """Read each file that go would read; any complete answer will do, whatever its status."""
    if why := not_asked(target.module, client.env):
        return unavailable(why)
    proxy = first_proxy(client.env)
    base = f"{proxy}/{client.escaped(target.module)}/@v/"
    total = 0
    for name in ("list", *(f"{target.version}.{ending}" for ending in ("info", "mod", "zip"))):
        answer = client.fetch(base + name, limit=min(limit, 2.0))
        if answer.error:
            return alarm(
                f"@v/{name}: {answer.error} after {counted(len(answer.body), 'byte')} of the body"
            )
        total += len(answer.body)
    return quiet(f"4 files, {counted(total, 'byte')}")
