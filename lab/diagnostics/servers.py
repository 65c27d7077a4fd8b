"""The servers with which go itself would open a connection, for a module."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from lab.diagnostics.view import GoView
from lab.go.settings import forward_proxy


@dataclass(frozen=True)
class Server:
    """A host that is connected to, and whether it is spoken with over TLS."""

    host: str
    port: int
    secure: bool


def servers(view: GoView, module: str) -> list[Server]:
    """Return the proxies that go asks about a module; a forward proxy in place of those behind it.

    Behind a forward proxy, what this machine could resolve or reach itself is no evidence.
    """
    found: dict[Server, None] = {}
    for entry in view.proxies(module):
        if entry.kind == "http":
            found[server(forward_proxy(entry.text, view.machine.env) or entry.text)] = None
    return list(found)


def server(url: str) -> Server:
    """Return the server of a URL."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return Server(parts.hostname or "", parts.port or (443 if secure else 80), secure)


def is_address(text: str) -> bool:
    """Tell whether this is an address, and no name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def addresses(view: GoView, host: str) -> list[str]:
    """Return every address that any resolver gives for a host, each once."""
    if is_address(host):
        return [host]
    answers = view.machine.resolve(host, min(view.limit, 2.0)).values()
    found = [each for text in answers for each in text.split() if is_address(each)]
    return list(dict.fromkeys(found))
