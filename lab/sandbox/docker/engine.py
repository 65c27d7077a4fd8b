"""Connects to a Docker engine, and turns its refusals into one line with the way out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import docker
import requests
from docker.errors import APIError, DockerException, NotFound

from lab.errors import LabError, UnfitError
from lab.sandbox.docker import where

OLDEST_API = (1, 41)  # Engine 20.10


def address() -> str | None:
    """Return where an engine may be, without asking it: DOCKER_HOST, a context, the socket."""
    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"]
    chosen = where.context()
    if chosen:
        from docker.context import ContextAPI

        try:
            found = ContextAPI.get_context(chosen)
        except DockerException as error:
            raise UnfitError(f"the Docker context {chosen} cannot be read: {error}") from None
        if found is None or not found.Host:
            raise UnfitError(f"there is no Docker context {chosen}; `docker context ls` lists them")
        return str(found.Host)
    return f"unix://{where.SOCKET}" if where.SOCKET.exists() else None


def connect(timeout: float = 60) -> docker.DockerClient:
    """Connect to the engine that the environment or the Docker context names.

    Raises:
        UnfitError: there is none, it may not be used, or it is too old.
    """
    place = address()
    if place is None:
        raise UnfitError(
            "no Docker engine: DOCKER_HOST is not set and there is no /var/run/docker.sock; "
            "start one, or use --backend local"
        )
    try:
        if os.environ.get("DOCKER_HOST"):
            client = docker.from_env(timeout=int(timeout) or 1)
        else:
            client = docker.DockerClient(base_url=place, timeout=int(timeout) or 1)
        version = str(client.version().get("ApiVersion", "0.0"))
    except (DockerException, requests.RequestException, OSError, ValueError) as error:
        raise UnfitError(_why_not(place, error)) from None
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_API:
        raise UnfitError(
            f"the Docker engine at {place} is too old (API {version}, and 1.41 is needed): "
            "use Engine 20.10 or later, or --backend local"
        )
    return client


def _why_not(place: str, error: BaseException) -> str:
    said = str(error)
    if "Permission denied" in said or "PermissionError" in said:
        return (
            f"no permission to use the Docker engine at {place}: join the group that owns its "
            "socket, or use --backend local"
        )
    if "minimum supported API version" in said or "too old" in said:
        return f"the Docker engine at {place} speaks another API: {said[:160]}"
    return f"no Docker engine answers at {place} ({_short(said)}); start it, or use --backend local"


def _short(said: str) -> str:
    for known in (
        "Connection refused",
        "No such file or directory",
        "timed out",
        "Name or service",
    ):
        if known in said:
            return known.lower()
    return said.splitlines()[0][-120:] if said else "no reason given"


@contextmanager
def spoken(doing: str) -> Iterator[None]:
    """Turn what the engine refuses within this block into a `LabError` that says what failed."""
    try:
        yield
    except NotFound as error:
        raise LabError(
            f"{doing}: {_explained(error)}; it was removed meanwhile, or never was"
        ) from None
    except APIError as error:
        raise LabError(f"{doing}: {_explained(error)}") from None
    except (DockerException, requests.RequestException, OSError) as error:
        raise LabError(f"{doing}: the Docker engine has gone ({_short(str(error))})") from None


def _explained(error: APIError) -> str:
    said = str(error.explanation or error).strip().splitlines()[0]
    if "no space left" in said:
        return f"the engine's disk is full ({said[-80:]}); `golab images prune` makes room"
    if "is already in use" in said:
        return f"{said[:160]}; `golab prune` removes what golab left"
    return said[:300]
