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
