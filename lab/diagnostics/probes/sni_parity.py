"""Finds a handshake that is blocked for one server name while the address itself works."""

from __future__ import annotations

from lab.client import Client
from lab.diagnostics.interface import Finding, Target, alarm, quiet, unavailable
from lab.gosettings import first_proxy, host_of, not_asked

COMPARES = "TLS handshakes with the proxy's address, under its own name and under a neutral one"

NEUTRAL = "example.com"


def check(client: Client, target: Target, limit: float) -> Finding:
    """Shake hands twice with the same address."""
    if why := not_asked(target.module, client.env):
        return unavailable(why)
    proxy = first_proxy(client.env)
    if not proxy.startswith("https://"):
        return unavailable("GOPROXY names no https proxy")
    host = host_of(proxy)
    answers = client.resolve(host, limit).values()
    address = next((words.split()[0] for words in answers if words[:1].isdigit()), None)
    if address is None:
        return unavailable(f"{host} has no address: {'; '.join(answers)}")
    own = client.handshake(address, host, limit)
    if not own:
        return quiet(f"{address} shakes hands as {host}")
    neutral = client.handshake(address, NEUTRAL, limit)
    if neutral:
        return alarm(f"{address} shakes hands under no name: {own}")
    return alarm(f"{address} shakes hands as {NEUTRAL}, but not as {host}: {own}")
