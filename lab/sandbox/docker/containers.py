"""A container of a lab: what it may do, which is little, and how it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import docker
from docker.types import LogConfig

from lab.sandbox.docker import images
from lab.sandbox.docker.engine import spoken
from lab.sandbox.docker.images import Role
from lab.sandbox.docker.networks import Network

_MEMORY = {"client": "2g", "edge": "512m", "origin": "512m"}
_CPUS, _PERIOD = 2.0, 100_000
_PIDS = {"client": 512, "edge": 64, "origin": 128}
# The client's first process becomes another user for each command, and then cannot go back.
_CAPABILITIES: dict[Role, list[str]] = {"client": ["SETUID", "SETGID"], "edge": [], "origin": []}


def create(
    engine: docker.DockerClient,
    role: Role,
    name: str,
    *,
    go: str,
    place: tuple[Network, str],
    resolver: str,
    marks: Mapping[str, str],
    routed: bool,
) -> str:
    """Make a container, and return its id; it is not started, and removed when it ends.

    Args:
        engine: where.
        role: what it is for.
        name: a name that a person can read.
        go: the Go version of the client.
        place: the network it is on, and its address there.
        resolver: whom the engine's own resolver may ask.
        marks: its labels.
        routed: whether the engine gives it a default route, to a gateway that is not there: a
            client then takes it out, so that the kernel refuses at once what would wait.
    """
    api = engine.api
    network, own = place
    with spoken(f"making the container {name}"):
        host = api.create_host_config(
            auto_remove=True,
            cap_drop=["ALL"],
            cap_add=_CAPABILITIES[role] + (["NET_ADMIN"] if routed and role == "client" else []),
            security_opt=["no-new-privileges"],
            mem_limit=_MEMORY[role],
            memswap_limit=_MEMORY[role],
            pids_limit=_PIDS[role],
            cpu_period=_PERIOD,
            cpu_quota=int(_CPUS * _PERIOD),
            sysctls={
                "net.ipv4.ip_unprivileged_port_start": "0",
                "net.ipv6.conf.all.disable_ipv6": "1",
            },
            dns=[resolver],
            network_mode=network.id,
            log_config=LogConfig(type="none"),  # our replies would fill the engine's disk
            **_files(role),
        )
        made = api.create_container(
            images.tag(role, go),
            name=name,
            hostname=role,
            stdin_open=True,
            labels=dict(marks),
            host_config=host,
            networking_config=api.create_networking_config(
                {network.id: api.create_endpoint_config(ipv4_address=own)}  # type: ignore[arg-type]
            ),
        )
    return str(made["Id"])


def _files(role: Role) -> dict[str, Any]:
    """Edge and origin write to memory only; a client's builds need room."""
    if role == "client":
        return {}
    mode = "rw,nosuid,nodev,size=256m,mode=1777"  # no uid=: Podman refuses it
    return {"read_only": True, "tmpfs": {"/lab": mode, "/tmp": mode}}  # noqa: S108 - in it
