"""The proof that a lab leads nowhere: every way out must be refused by the kernel at once.

The targets are documentation addresses (RFC 5737, RFC 3849): where the proof fails, nobody is
bothered. "Unreachable" is the only accepted answer; a time-out could be a packet on its way out.
"""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

from lab.sandbox.interface import EDGE

OUTSIDE_IPV4 = "192.0.2.1"
OUTSIDE_IPV6 = "2001:db8::1"
OUTSIDE_NAME = "escape.golab.invalid"
_UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


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
    for address in (OUTSIDE_IPV4, OUTSIDE_IPV6):
        for kind, what in ((socket.SOCK_STREAM, "TCP"), (socket.SOCK_DGRAM, "UDP")):
            if not refused(address, 443, kind):
                found.append(f"{what} to {address} is not refused")
    found += [
        f"the host's resolver {resolver} answers"
        for resolver in resolvers
        if resolver != EDGE and _answers_dns(resolver)
    ]
    try:
        address = socket.gethostbyname(OUTSIDE_NAME)
        found.append(f"the outside name {OUTSIDE_NAME} resolves to {address}")
    except OSError:
        pass
    return found


def refused(address: str, port: int, kind: socket.SocketKind) -> bool:
    """Tell whether the kernel has no way at all to this address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, kind) as probe:
            probe.settimeout(0.5)
            probe.connect((address, port))
    except OSError as error:
        return error.errno in _UNREACHABLE
    return False


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
