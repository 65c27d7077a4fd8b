"""Finds a resolver that lies, fails or stays silent, whichever of several it is."""

from __future__ import annotations

from lab.client import Client
from lab.diagnostics.interface import Finding, Target, alarm, quiet, unavailable
from lab.gosettings import first_proxy, host_of, not_asked

COMPARES = "each resolver of resolv.conf, asked for the proxy's name by itself"


def check(client: Client, target: Target, limit: float) -> Finding:
    """Ask every resolver; go and libc ask the second only when the first has kept them waiting."""
    if why := not_asked(target.module, client.env):
        return unavailable(why)
    host = host_of(first_proxy(client.env))
    answers = client.resolve(host, min(limit, 2.0))
    if not answers:
        return alarm("no resolver is set up")
    said = "; ".join(f"{resolver}: {answer}" for resolver, answer in answers.items())
    good = all(answer[:1].isdigit() for answer in answers.values())
    return quiet(f"{host}: {said}") if good else alarm(f"{host}: {said}")
