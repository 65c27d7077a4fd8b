"""The proof, from inside the client's container, that its networks lead nowhere.

There must be no way to anything outside, to other labs or to the host (no route but that to
nowhere, and the kernel says "unreachable"; a time-out would not do), nobody on the client's own
link but the edge, no IPv6, and no resolver that knows more than it.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from pathlib import Path

from lab.sandbox import egress
from lab.sandbox.agent import network
from lab.sandbox.interface import BLACK_HOLE

GATEWAY = "the host answers at its gateway address"
METADATA = "169.254.169.254"
EMBEDDED = "127.0.0.11"
_COMPLETE = 0x2  # ATF_COM: somebody has answered for this address
_ARP_SECONDS = 0.3


def leaks(subnet: str, own: str, edge: str, other: str, name: str) -> list[str]:
    """Return every way out that is open, as sentences; an empty list is the proof.

    Args:
        subnet: the client's network.
        own: its address there.
        edge: the edge's.
        other: its second one.
        name: a name of the lab, which the edge resolves to itself.
    """
    found = []
    interfaces = sorted(name for _, name in socket.if_nameindex())
    if len([name for name in interfaces if name.startswith("eth")]) != 1:
        found.append(f"the client is on other networks, too: {', '.join(interfaces)}")
    routes = set(egress.routes())
    found += [f"there is a route to {route}" for route in sorted(routes - {subnet, BLACK_HOLE})]
    if BLACK_HOLE not in routes:
        found.append(f"{BLACK_HOLE} does not swallow what is sent there")
    found += egress.open_ways(egress.IPV4, egress.IPV6, METADATA)
    found += egress.open_families()
    found += [f"there is IPv6 on {name}" for name in _with_ipv6()]
    _ask_for_everybody(subnet, own)
    asked = time.monotonic()
    found += _resolvers(edge, name)
    time.sleep(max(0.0, _ARP_SECONDS - (time.monotonic() - asked)))
    gateway = str(next(ipaddress.IPv4Network(subnet).hosts()))
    for address in _answering(subnet):
        if address == gateway:
            found.append(f"{GATEWAY} {address}")
        elif address not in (edge, other):
            found.append(f"somebody answers at {address}, on the client's own network")
    return found


def _with_ipv6() -> list[str]:
    table = Path("/proc/net/if_inet6")
    lines = table.read_text().splitlines() if table.exists() else []
    return sorted({line.split()[-1] for line in lines} - {"lo"})


def _ask_for_everybody(subnet: str, own: str) -> None:
    """Have the kernel look for every address of the link, by a datagram to each (RFC 826)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setblocking(False)
        for host in ipaddress.IPv4Network(subnet).hosts():
            if str(host) != own:
                probe.sendto(b"", (str(host), 9))


def _answering(subnet: str) -> list[str]:
    found = []
    for line in Path("/proc/net/arp").read_text().splitlines()[1:]:
        address, _, flags, *_ = line.split()
        if int(flags, 16) & _COMPLETE and ipaddress.IPv4Address(address) in ipaddress.IPv4Network(
            subnet
        ):
            found.append(address)
    return found


def _resolvers(edge: str, name: str) -> list[str]:
    others = [resolver for resolver in network.resolvers() if resolver != edge]
    found = [f"the resolver {resolver} is not the edge" for resolver in others]
    outcome, addresses = network.ask(edge, egress.NAME, 2.0)
    if outcome != "NXDOMAIN":
        found.append(f"{egress.NAME} is not unknown to the edge: {' '.join(addresses) or outcome}")
    # The engine's own resolver may answer for the edge, but must ask nobody else.
    outcome, addresses = network.ask(EMBEDDED, name, 0.5)
    if outcome == "NXDOMAIN" or (addresses and addresses != [edge]):
        found.append(f"{EMBEDDED} does not ask the edge: {' '.join(addresses) or outcome}")
    return found
