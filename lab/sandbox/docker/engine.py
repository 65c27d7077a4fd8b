"""Connects to a Docker engine, and turns its refusals into one line with the way out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import requests
from docker.errors import APIError, DockerException, NotFound

from lab.errors import LabError, UnfitError

OLDEST_API = (1, 41)  # Engine 20.10
_SOCKET = Path("/var/run/docker.sock")


def address() -> str | None:
    """Return where an engine may be, without asking it: DOCKER_HOST, a context, the socket."""
    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"]
    chosen = os.environ.get("DOCKER_CONTEXT")
    config = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    if chosen or (config.is_file() and '"currentContext"' in config.read_text(errors="replace")):
        from docker.context import ContextAPI

        try:
            context = ContextAPI.get_context(chosen) if chosen else ContextAPI.get_current_context()
        except DockerException as error:
            raise UnfitError(f"the Docker context cannot be read: {error}") from None
        if context is not None and context.Host:
            return str(context.Host)
    return f"unix://{_SOCKET}" if _SOCKET.exists() else None


def connect(timeout: float = 60) -> docker.DockerClient:
    """Connect to the engine that the environment or the Docker context names.

    Raises:
        UnfitError: there is none, it may not be used, or it is too old.
    """
    where = address()
    if where is None:
        raise UnfitError(
            "no Docker engine: DOCKER_HOST is not set and there is no /var/run/docker.sock; "
            "start one, or use --backend local"
        )
    try:
        if os.environ.get("DOCKER_HOST"):
            client = docker.from_env(timeout=int(timeout) or 1)
        else:
            client = docker.DockerClient(base_url=where, timeout=int(timeout) or 1)
        version = str(client.version().get("ApiVersion", "0.0"))
    except (DockerException, requests.RequestException, OSError, ValueError) as error:
        raise UnfitError(_why_not(where, error)) from None
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_API:
        raise UnfitError(
            f"the Docker engine at {where} is too old (API {version}, and 1.41 is needed): "
            "use Engine 20.10 or later, or --backend local"
        )
    return client


def _why_not(where: str, error: BaseException) -> str:
    said = str(error)
    if "Permission denied" in said or "PermissionError" in said:
        return (
            f"no permission to use the Docker engine at {where}: join the group that owns its "
            "socket, or use --backend local"
        )
    if "minimum supported API version" in said or "too old" in said:
        return f"the Docker engine at {where} speaks another API: {said[:160]}"
    return f"no Docker engine answers at {where} ({_short(said)}); start it, or use --backend local"


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
