"""What an engine has, golab's or not."""

from __future__ import annotations

import docker


def things(engine: docker.DockerClient) -> set[str]:
    """Return the ids of all containers and networks, and the names of volumes.

    Labs of tests before may be on their way out: what counts is that nothing has come.
    """
    rows = engine.api.containers(all=True) + engine.api.networks()
    volumes = engine.api.volumes()["Volumes"] or []
    return {str(row["Id"]) for row in rows} | {str(row["Name"]) for row in volumes}
