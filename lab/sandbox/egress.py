"""What lies outside of every lab, and how a lab proves that there is no way to it.

The targets are documentation addresses (RFC 5737, RFC 3849): where the proof fails, nobody is
bothered. "Unreachable" is the only accepted answer; a time-out could be a packet on its way out.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from pathlib import Path

IPV4 = "192.0.2.1"
IPV6 = "2001:db8::1"
NAME = "escape.golab.invalid"
_AF_VSOCK = 40
_QUERY = b"\x67\x6c\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07invalid\x00\x00\x01\x00\x01"
_UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def open_ways(*addresses: str) -> list[str]:
    """Return, as sentences, every way by TCP or UDP to one of these that the kernel takes."""
    kinds = ((socket.SOCK_STREAM, "TCP"), (socket.SOCK_DGRAM, "UDP"))
    return [
        f"{what} to {address} is not refused"
        for address in addresses
        for kind, what in kinds
        if not _refused(address, 443, kind)
    ]


def open_families() -> list[str]:
    """Return, as sentences, the kinds of sockets that belong to no network, and can be made."""
    try:
        socket.socket(_AF_VSOCK, socket.SOCK_STREAM).close()
    except OSError:
        return []
    return ["a socket to the hypervisor (AF_VSOCK) can be made"]


def answers_dns(resolver: str) -> bool:
    """Tell whether a resolver answers a query for a name that is nobody's."""
    family = socket.AF_INET6 if ":" in resolver else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            probe.connect((resolver.partition("%")[0], 53))
            probe.send(_QUERY)
            return bool(probe.recv(512))
    except OSError:
        return False


def routes() -> list[str]:
    """Return the destinations of this network namespace's IPv4 routes (proc(5))."""
    table = Path("/proc/net/route")
    rows = [line.split() for line in table.read_text().splitlines()[1:]] if table.exists() else []
    found = []
    for row in rows:
        target, mask = (int.from_bytes(bytes.fromhex(row[i]), "little") for i in (1, 7))
        found.append(str(ipaddress.IPv4Network((target, mask.bit_count()))))
    return found


def _refused(address: str, port: int, kind: socket.SocketKind) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, kind) as probe:
            probe.settimeout(0.5)
            probe.connect((address, port))
    except OSError as error:
        return error.errno in _UNREACHABLE
    return False
