"""The proof that a local lab leads nowhere: every way out is refused by the kernel at once."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from lab.sandbox import egress
from lab.sandbox.interface import EDGE


def host_namespaces() -> dict[str, int]:
    """Identify the namespaces the caller is in; called on the host, to compare with later."""
    kinds = ("net", "mnt", "pid", "ipc", "uts")
    return {kind: os.stat(f"/proc/self/ns/{kind}").st_ino for kind in kinds}  # noqa: PTH116


def host_resolvers() -> list[str]:
    """Return the resolvers of the host, none of which may be reachable from the lab."""
    try:
        lines = Path("/etc/resolv.conf").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    fields = [line.split() for line in lines if line.startswith("nameserver")]
    return [words[1] for words in fields if len(words) > 1]


def leaks(host: dict[str, int], resolvers: list[str]) -> list[str]:
    """Return every way out that is open, as sentences; an empty list is the proof."""
    found = [
        f"the {kind} namespace is the host's"
        for kind, number in host_namespaces().items()
        if number == host[kind]
    ]
    interfaces = sorted(name for _, name in socket.if_nameindex())
    if interfaces != ["lo"]:
        found.append(f"there are interfaces besides lo: {', '.join(interfaces)}")
    found += egress.open_ways(egress.IPV4, egress.IPV6)
    found += [
        f"the host's resolver {resolver} answers"
        for resolver in resolvers
        if resolver != EDGE and _answers_dns(resolver)
    ]
    try:
        address = socket.gethostbyname(egress.NAME)
        found.append(f"the outside name {egress.NAME} resolves to {address}")
    except OSError:
        pass
    return found


_QUERY = b"\x67\x6c\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07invalid\x00\x00\x01\x00\x01"


def _answers_dns(resolver: str) -> bool:
    family = socket.AF_INET6 if ":" in resolver else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            probe.connect((resolver.partition("%")[0], 53))
            probe.send(_QUERY)
            return bool(probe.recv(512))
    except OSError:
        return False
