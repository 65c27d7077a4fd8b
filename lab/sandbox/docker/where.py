"""Where a Docker engine may be, found out without loading the SDK, which takes its time."""

from __future__ import annotations

import os
from pathlib import Path

SOCKET = Path("/var/run/docker.sock")


def context() -> str:
    """Return the name of the Docker context that is in force, '' if none is."""
    import json

    if os.environ.get("DOCKER_CONTEXT"):
        return os.environ["DOCKER_CONTEXT"]
    home = os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker"
    try:
        settings = json.loads((Path(home) / "config.json").read_bytes())
    except (OSError, ValueError):
        return ""
    chosen = settings.get("currentContext", "") if isinstance(settings, dict) else ""
    return "" if chosen == "default" else str(chosen)


def may_be() -> bool:
    """Tell whether it is worth asking: DOCKER_HOST, a context, or the usual socket."""
    return bool(os.environ.get("DOCKER_HOST") or context() or SOCKET.exists())
