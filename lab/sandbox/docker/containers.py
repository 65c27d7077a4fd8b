"""A container of a lab: what it may do, which is little, and how it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import docker
from docker.types import LogConfig, Ulimit

from lab.errors import LabError
from lab.sandbox.agent import limits
from lab.sandbox.docker import agent
from lab.sandbox.docker.engine import engine_errors
from lab.sandbox.docker.images import Role
from lab.sandbox.docker.networks import Network

_MEMORY = {"client": limits.MEMORY, "edge": 512 << 20, "origin": 512 << 20}
_CPUS, _PERIOD = 2.0, 100_000
_PIDS = {"client": limits.PROCESSES, "edge": 64, "origin": 128}
_TO_SET_NETWORK = ["NET_ADMIN", "SETGID", "SETUID"]


def create(
    engine: docker.DockerClient,
    role: Role,
    name: str,
    *,
    image: str,
    place: tuple[Network, str],
    resolver: str,
    marks: Mapping[str, str],
    sets_routes: bool = True,
) -> str:
    """Make a container, and return its id; it is not started, and removed when it ends.

    Args:
        engine: where.
        role: what it is for.
        name: a name that a person can read.
        image: the id of its image.
        place: the network it is on, and its address there.
        resolver: whom the engine's own resolver may ask.
        marks: its labels.
        sets_routes: whether a client starts as root, to take out the default route that an older
            engine gives it and to put in that to nowhere; then it gives up being root for good, as
            an edge does when it has its second address.
    """
    api = engine.api
    network, own = place
    first_root = role == "edge" or (sets_routes and role == "client")
    with engine_errors(f"making the container {name}"):
        host = api.create_host_config(
            auto_remove=True,
            cap_drop=["ALL"],
            cap_add=_TO_SET_NETWORK if first_root else [],
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
            **_rlimits(role),
        )
        made = api.create_container(
            image,
            user="0:0" if first_root else None,
            environment={agent.OTHER: network.other} if role == "edge" else None,
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
    """Everybody writes to memory only, in bounds; a client's programs may be built there."""
    options = "rw,nosuid,nodev,mode=1777"  # no uid=: Podman refuses it
    if role == "client":
        small = f"{options},size={limits.TMP_SIZE}"
        places = dict.fromkeys(("/tmp", "/var/tmp", "/run"), small)  # noqa: S108 - its own
        return {"tmpfs": {**places, "/lab/home": f"{options},exec,size={limits.HOME_SIZE}"}}
    mode = f"{options},size=256m"
    return {"read_only": True, "tmpfs": {"/lab": mode, "/tmp": mode}}  # noqa: S108 - in it


def _rlimits(role: Role) -> dict[str, Any]:
    if role != "client":
        return {}
    hard = {"nofile": limits.OPEN_FILES, "core": 1, "fsize": limits.FILE_SIZE}
    return {"ulimits": [Ulimit(name=name, soft=most, hard=most) for name, most in hard.items()]}


def as_root(
    engine: docker.DockerClient,
    container: str,
    script: str,
    *arguments: str,
) -> None:
    """Run a shell script in a container as root, with the container's capabilities.

    Args:
        engine: where.
        container: which; it runs.
        script: what `sh` is given; `$1` and so on are the arguments.
        arguments: at most some 100 KB each.

    Raises:
        LabError: it failed, or could not be run.
    """
    api = engine.api
    with engine_errors("setting up the client"):
        made = api.exec_create(
            container,
            ["sh", "-ec", script, "golab", *arguments],
            user="root",
        )
        said = api.exec_start(made["Id"])
        status = api.exec_inspect(made["Id"])["ExitCode"]
    if status:
        raise LabError(f"setting up the client: {said.decode(errors='replace').strip()[:300]}")
