"""Removes what labs have left, and finds what there is, from labels alone."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import docker
from docker.errors import APIError, NotFound

from lab.errors import LabError
from lab.sandbox.docker import labels
from lab.sandbox.docker.engine import engine_errors

_ATTEMPTS = 50
_ROUNDS = 500
_PAUSE, _GLANCE = 0.2, 0.02


@dataclass
class Found:
    """A lab as an engine knows it."""

    id: str
    scenario: str
    owner: str
    arm: str
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    networks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def abandoned(self) -> bool:
        """Whether the golab that made it has ended."""
        return labels.owner_is_gone(self.owner)

    @property
    def running(self) -> bool:
        """Whether all three of its containers run."""
        states = [row["State"] for row in self.containers.values()]
        return states == ["running"] * 3


def every(engine: docker.DockerClient, lab: str | None = None) -> list[Found]:
    """Return the labs that an engine knows, or the one of this id."""
    chosen = dict(labels.selector(lab))
    with engine_errors("listing labs"):
        containers = engine.api.containers(all=True, filters=chosen)
        networks = engine.api.networks(filters=chosen)
    found: dict[str, Found] = {}

    def of(row: dict[str, Any]) -> Found:
        marks = row["Labels"]
        name = marks[labels.LAB]
        fresh = Found(
            name,
            marks.get(labels.SCENARIO, ""),
            marks.get(labels.OWNER, ""),
            marks.get(labels.ARM, ""),
        )
        return found.setdefault(name, fresh)

    for row in containers:
        of(row).containers[row["Labels"].get(labels.ROLE, "")] = row
    for row in networks:
        of(row).networks.append(row)
    return sorted(found.values(), key=lambda lab: lab.id)


def sweep(engine: docker.DockerClient) -> list[str]:
    """Remove every lab whose golab, on this machine, has ended; return their ids.

    One that resists is left: `golab ps` shows it, and `golab prune` says why it stays.
    """
    gone = []
    for lab in every(engine):
        if lab.abandoned:
            with contextlib.suppress(LabError):
                remove(engine, lab.id, attempts=3)
                gone.append(lab.id)
    return gone


def remove(engine: docker.DockerClient, lab: str, *, attempts: int = _ATTEMPTS) -> None:
    """Remove all of a lab, and wait until it is gone.

    Args:
        engine: where.
        lab: its id.
        attempts: how often the engine may refuse. Time in which it is mute does not count.

    Raises:
        LabError: something of it stays.
    """
    problems: list[str] = []
    refused = 0
    for _ in range(_ROUNDS):
        left = every(engine, lab)
        if not left:
            return
        problems = _removed(engine, left)
        refused += 1 if problems else 0
        if refused >= attempts:
            break
        time.sleep(_PAUSE if problems else _GLANCE)
    why = "; ".join(dict.fromkeys(problems)) or "the engine is still at it"
    raise LabError(f"lab {lab} could not be removed: {why}{_way_out(why)}")


def _way_out(why: str) -> str:
    if "active endpoints" in why:
        return "; what is not golab's there, `docker network disconnect` takes out"
    return ""


def _removed(engine: docker.DockerClient, labs: Iterable[Found]) -> list[str]:
    containers = [str(row["Id"]) for lab in labs for row in lab.containers.values()]
    networks = [str(row["Id"]) for lab in labs for row in lab.networks]
    with ThreadPoolExecutor(3) as pool:
        problems = list(pool.map(lambda i: _container(engine, i), containers))
        problems += pool.map(lambda i: _network(engine, i), networks)
    return [said for said in problems if said]


def _network(engine: docker.DockerClient, network: str) -> str:
    with engine_errors("removing a network"):
        try:
            engine.api.remove_network(network)
        except NotFound:
            return ""
        except APIError as error:
            return str(error.explanation)
    return ""


def _container(engine: docker.DockerClient, container: str) -> str:
    with engine_errors("removing a container"):
        try:
            engine.api.remove_container(container, force=True, v=True)
        except NotFound:
            return ""
        except APIError as error:
            if "already in progress" in str(error.explanation):  # it ends by itself
                return ""
            return str(error.explanation)
    return ""
