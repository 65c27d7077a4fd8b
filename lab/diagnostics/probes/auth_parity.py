"""Finds a proxy that answers a private module's path alike with and without credentials."""

from __future__ import annotations

from lab.client import Client
from lab.diagnostics.interface import Finding, Target, alarm, quiet, unavailable
from lab.gosettings import first_proxy, is_private, not_asked
from lab.plural import counted

COMPARES = "GET @v/list with the client's credentials and without any; a private one must differ"


def check(client: Client, target: Target, limit: float) -> Finding:
    """Ask twice and compare."""
    if why := not_asked(target.module, client.env):
        return unavailable(why)
    proxy = first_proxy(client.env)
    if not is_private(target.module, client.env):
        return quiet(f"{target.module} is public")
    url = f"{proxy}/{client.escaped(target.module)}/@v/list"
    if client.login_for(url) is None:
        return unavailable("there are no credentials for this proxy")
    known = client.fetch(url, limit=limit)
    anonymous = client.fetch(url, limit=limit, anonymous=True)
    if anonymous.error:
        return quiet(f"nobody gets an answer without credentials: {anonymous.error}")
    if anonymous.status == 200 and (known.status, known.body) == (200, anonymous.body):
        return alarm(
            f"HTTP 200, the same {counted(len(known.body), 'byte')}, with and without credentials"
        )
    return quiet(f"HTTP {known.status} with credentials, HTTP {anonymous.status} without")
