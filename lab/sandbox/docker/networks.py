"""The networks of a lab: small, sealed, from a range of golab's own.

The engine's default pool is good for some 30 networks; a range of our own cut into /28s gives as
many labs as a machine can bear. GOLAB_DOCKER_SUBNETS names another range.
"""

from __future__ import annotations

import ipaddress
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import docker
from docker.errors import APIError
from docker.types import IPAMConfig, IPAMPool

from lab.errors import LabError, UsageError
from lab.sandbox import egress
from lab.sandbox.docker.engine import engine_errors
from lab.sandbox.docker.where import endpoint
from lab.sandbox.interface import BLACK_HOLE

RANGE = "10.213.0.0/16"
VARIABLE = "GOLAB_DOCKER_SUBNETS"
PREFIX = 28
_TRIES = 8
_PRIVATE = [  # RFC 1918, RFC 6598, RFC 2544
    ipaddress.IPv4Network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "198.18.0.0/15")
]
_ISOLATED_SINCE = (28, 0)


@dataclass(frozen=True)
class Network:
    """A network of a lab, with the four addresses that matter there."""

    id: str
    name: str
    subnet: str

    @property
    def near(self) -> str:
        """The edge's address."""
        return str(ipaddress.IPv4Network(self.subnet)[2])

    @property
    def other(self) -> str:
        """The edge's second address."""
        return str(ipaddress.IPv4Network(self.subnet)[4])

    @property
    def far(self) -> str:
        """The address of whoever is at the other end: client or origin."""
        return str(ipaddress.IPv4Network(self.subnet)[3])


def pool() -> ipaddress.IPv4Network:
    """Return the range that subnets are taken from.

    Raises:
        UsageError: GOLAB_DOCKER_SUBNETS is not one, or too small.
    """
    given = os.environ.get(VARIABLE) or RANGE
    try:
        network = ipaddress.IPv4Network(given)
    except ValueError as error:
        raise UsageError(f"{VARIABLE}={given}: {error}; write it as {RANGE}") from None
    if not any(network.subnet_of(private) for private in _PRIVATE):
        raise UsageError(f"{VARIABLE}={given} is not within a private range; write it as {RANGE}")
    if network.prefixlen > PREFIX - 1:
        raise UsageError(f"{VARIABLE}={given} has no room for one lab, which needs two /{PREFIX}")
    return network


def create(
    engine: docker.DockerClient, name: str, marks: Mapping[str, str], version: str
) -> Network:
    """Make a network that leads nowhere, on a subnet that nobody uses.

    Raises:
        LabError: the range is used up, or the engine refuses.
    """
    with engine_errors("listing networks"):
        taken = _taken(engine.api.networks())
    for _ in range(_TRIES):
        subnet = _free(taken)
        try:
            with engine_errors(f"making the network {name}"):
                return Network(_made(engine, name, subnet, marks, version), name, str(subnet))
        except LabError as error:
            cause = error.__context__
            # Another golab has taken it in this moment: the engine is the judge.
            said = str(cause.explanation) if isinstance(cause, APIError) else ""
            if not any(sign in said for sign in ("overlap", "already used")):  # Docker, Podman
                raise
            taken.append(subnet)
    raise LabError(f"no free subnet found in {pool()}; set {VARIABLE} to another range")


def isolates(version: str) -> bool:
    """Tell whether an engine can make networks without a way to the host."""
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) >= _ISOLATED_SINCE


def _made(
    engine: docker.DockerClient,
    name: str,
    subnet: ipaddress.IPv4Network,
    marks: Mapping[str, str],
    version: str,
) -> str:
    options = {"com.docker.network.bridge.inhibit_ipv4": "true"}
    if isolates(version):
        options = {
            "com.docker.network.bridge.gateway_mode_ipv4": "isolated",
            "com.docker.network.bridge.gateway_mode_ipv6": "isolated",
        }
    made = engine.api.create_network(
        name,
        driver="bridge",
        internal=True,
        check_duplicate=True,
        labels=dict(marks),
        options=options,
        ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=str(subnet), gateway=str(subnet[1]))]),
    )
    return str(made["Id"])


def _taken(rows: list[dict[str, Any]]) -> list[ipaddress.IPv4Network]:
    subnets = [
        str(config.get("Subnet"))
        for row in rows
        for config in (row.get("IPAM") or {}).get("Config") or []
    ]
    taken = [ipaddress.IPv4Network(subnet, strict=False) for subnet in subnets if "." in subnet]
    taken.append(ipaddress.IPv4Network(BLACK_HOLE))
    engine = endpoint()
    if engine and engine.is_here:  # its routes are this machine's
        found = (ipaddress.IPv4Network(route) for route in egress.routes())
        taken += [network for network in found if network.prefixlen]
    return taken


def _free(taken: list[ipaddress.IPv4Network]) -> ipaddress.IPv4Network:
    """Choose a subnet at random, so that two golabs seldom meet; go round from there."""
    whole = pool()
    count = 1 << (PREFIX - whole.prefixlen)
    first = random.randrange(count)  # noqa: S311 - nothing secret
    near = [network for network in taken if network.overlaps(whole)]
    for step in range(count):
        start = int(whole.network_address) + ((first + step) % count << (32 - PREFIX))
        subnet = ipaddress.IPv4Network((start, PREFIX))
        if not any(subnet.overlaps(network) for network in near):
            return subnet
    raise LabError(
        f"every subnet of {whole} is in use; `golab prune` removes what golab left, "
        f"or set {VARIABLE} to another range"
    )
