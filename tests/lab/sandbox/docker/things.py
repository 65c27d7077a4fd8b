"""What an engine has, golab's or not."""

from __future__ import annotations

import docker

from lab.sandbox.docker import labels


def things(engine: docker.DockerClient, session: str = "") -> set[str]:
    """Return the ids of all containers and networks, and the names of volumes; or a session's.

    Labs of tests before may be on their way out: what counts is that nothing has come.
    """
    if session:
        chosen = {"label": f"{labels.SESSION}={session}"}
        rows = engine.api.containers(all=True, filters=chosen)
        return {str(row["Id"]) for row in rows + engine.api.networks(filters=chosen)}
    rows = engine.api.containers(all=True) + engine.api.networks()
    volumes = engine.api.volumes()["Volumes"] or []
    return {str(row["Id"]) for row in rows} | {str(row["Name"]) for row in volumes}
