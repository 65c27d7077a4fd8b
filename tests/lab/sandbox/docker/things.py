"""What labs of one process have in an engine."""

from __future__ import annotations

import os

import docker

from lab.sandbox.docker import labels


def things(engine: docker.DockerClient, pid: int | None = None) -> set[str]:
    """Return ids of containers and networks that a process made, and the names of all volumes.

    The process is the test's own if none is named. Tests beside it have labs of their own in the
    engine, which come and go; none of them makes a volume.
    """
    made = dict(labels.selector())
    rows = engine.api.containers(all=True, filters=made) + engine.api.networks(filters=made)
    owner = str(pid or os.getpid())
    ours = {str(row["Id"]) for row in rows if row["Labels"][labels.OWNER].split()[1] == owner}
    return ours | {str(row["Name"]) for row in engine.api.volumes()["Volumes"] or []}
