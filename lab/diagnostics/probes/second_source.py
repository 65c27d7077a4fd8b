"""Finds a proxy that is behind: asks a second, independent proxy for the same list."""

from __future__ import annotations

from lab.client import Client
from lab.diagnostics.interface import Finding, Target, alarm, quiet, unavailable
from lab.gosettings import first_proxy, is_private
from lab.plural import counted

COMPARES = "go list -m -versions through the client's proxy and through an independent one, cold"

_PUBLIC = ("https://proxy.golang.org", "https://goproxy.cn")


def check(client: Client, target: Target, limit: float) -> Finding:
    """Compare both lists; a private module's name is never shown to a public proxy."""
    own = first_proxy(client.env)
    if not own:
        return unavailable("GOPROXY names no proxy")
    if is_private(target.module, client.env):
        return unavailable("a private module has no second public source")
    other = next(proxy for proxy in _PUBLIC if proxy != own)
    cold = client.cold("second-source")
    lists = []
    for proxy in (own, other):
        done = cold.run(
            ["go", "list", "-m", "-versions", target.module], limit=limit, GOPROXY=proxy
        )
        if done.timed_out:
            return alarm(f"{proxy} does not answer within {limit:g} s")
        if done.exit != 0:
            return alarm(f"{proxy}: {done.stderr.strip().splitlines()[-1][:160]}")
        lists.append(done.stdout.split()[1:])
    missing = [version for version in lists[1] if version not in lists[0]]
    if missing:
        return alarm(f"{own} does not know {', '.join(missing)}; {other} does")
    return quiet(f"the same {counted(len(lists[0]), 'version')} at {other}")
