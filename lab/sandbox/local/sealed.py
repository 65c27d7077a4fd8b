"""The proof that a local lab leads nowhere: every way out is refused by the kernel at once."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from lab.sandbox import egress
from lab.sandbox.interface import EDGE

RESOLV_CONF = Path("/etc/resolv.conf")
"""Where a host names its resolvers."""

_KINDS = ("net", "mnt", "pid", "ipc", "uts", "user")


@dataclass(frozen=True)
class Host:
    """What a lab is compared with: the host's namespaces, and the resolvers that it uses."""

    namespaces: dict[str, int]
    resolvers: list[str]


def host() -> Host:
    """Look at the host; called before its namespaces are left."""
    return Host(namespaces(), _resolvers())


def namespaces() -> dict[str, int]:
    """Identify the namespaces the caller is in."""
    return {kind: os.stat(f"/proc/self/ns/{kind}").st_ino for kind in _KINDS}  # noqa: PTH116


def _resolvers() -> list[str]:
    try:
        lines = RESOLV_CONF.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    fields = [line.split() for line in lines if line.startswith("nameserver")]
    return [words[1] for words in fields if len(words) > 1]


def leaks(host: Host) -> list[str]:
    """Return every way out that is open, as sentences; an empty list is the proof."""
    found = [
        f"the {kind} namespace is the host's"
        for kind, number in namespaces().items()
        if number == host.namespaces[kind]
    ]
    interfaces = sorted(name for _, name in socket.if_nameindex())
    if interfaces != ["lo"]:
        found.append(f"there are interfaces besides lo: {', '.join(interfaces)}")
    found += egress.open_ways(egress.IPV4, egress.IPV6)
    found += egress.open_families()
    found += [
        f"the host's resolver {resolver} answers"
        for resolver in host.resolvers
        if resolver != EDGE and egress.answers_dns(resolver)
    ]
    try:
        address = socket.gethostbyname(egress.NAME)
        found.append(f"the outside name {egress.NAME} resolves to {address}")
    except OSError:
        pass
    return found
