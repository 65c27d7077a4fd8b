"""Finds a handshake that is blocked for one server name while the address itself works."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.servers import Server, addresses, servers
from lab.diagnostics.view import GoView

QUESTION = "Does each address shake hands under the name that go gives it?"
REMEDY = "Use a mirror under another name, or have the middlebox let this name through."

NEUTRAL = "example.com"


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Shake hands with every address, and where that fails, again under a neutral name."""
    found = [server for server in servers(view, subject.module) if server.secure]
    if not found:
        return no_question(view.not_asked(subject.module) or "go asks nobody over TLS")
    wrong: list[str] = []
    fine: list[str] = []
    for server in found:
        for address in addresses(view, server.host):
            said = _shaken(view, server, address, limit)
            (wrong if said else fine).append(said or f"{address} shakes hands as {server.host}")
    if not wrong and not fine:
        return no_question(f"{found[0].host} has no address")
    see = f"openssl s_client -connect {found[0].host}:{found[0].port} -servername {found[0].host}"
    return judged(wrong, "; ".join(fine), see)


def _shaken(view: GoView, server: Server, address: str, limit: float) -> str:
    own = view.machine.handshake(address, server.host, limit, server.port)
    if not own.error:
        return ""
    neutral = view.machine.handshake(address, NEUTRAL, limit, server.port)
    if neutral.error:
        return f"{address} shakes hands under no name: {own.error}"
    return f"{address} shakes hands as {NEUTRAL}, but not as {server.host}: {own.error}"
