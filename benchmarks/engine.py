"""How long a Docker lab takes, against the plainest start of the same three containers.

python benchmarks/engine.py [ROUNDS]     with DOCKER_HOST set and `golab images build` done

The plain start is what a compose file comes to: two networks, three containers, one after the
other, and nothing proved or waited for. Both are measured in turn, in one process.
"""

from __future__ import annotations

import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import docker

from lab.sandbox.docker import images, labels, networks, sweep
from lab.sandbox.docker.backend import DockerBackend
from lab.sandbox.docker.engine import connect
from lab.sandbox.interface import LabSpec
from lab.world.build import build
from lab.world.load import base_world

CLIENT = "/usr/bin/docker"


def timed(action: Callable[[], object]) -> float:
    """Return how many seconds an action takes."""
    started = time.monotonic()
    action()
    return time.monotonic() - started


def plain(engine: docker.DockerClient, go: str, lab: str) -> None:
    """Start the three containers as a compose file would."""
    marks = {labels.LAB: lab, labels.OWNER: labels.owner()}
    version = str(engine.version()["Version"])
    inner, outer = (
        networks.create(engine, f"golab-plain-{lab}-{name}", marks, version)
        for name in ("inner", "outer")
    )
    for role, network in (("origin", outer), ("edge", inner), ("client", inner)):
        made = engine.containers.create(
            images.tag(role, go),  # type: ignore[arg-type]
            name=f"golab-plain-{lab}-{role}",
            labels=marks,
            stdin_open=True,
            network=network.id,
        )
        if role == "edge":
            engine.networks.get(outer.id).connect(made)
        made.start()


def run() -> None:
    """Replay one scenario, as a user does."""
    command = [sys.executable, "-m", "lab", "run", "auth-fallback", "--backend", "docker"]
    subprocess.run(command, check=True, capture_output=True)


def builds(engine: docker.DockerClient, go: str) -> Iterator[tuple[str, str]]:
    """Build all three images, golab's way and by `docker build`: anew, then from the cache."""
    # One way after the other: they give other arguments, and would lose each other's cache.
    ours = [timed(partial(build_ours, engine, go, cache)) for cache in (False, True)]
    if not Path(CLIENT).exists():
        yield "images", f"{ours[0]:.2f} s; {CLIENT} is not installed, to compare with"
        return
    theirs = [timed(partial(build_by_hand, go, cache)) for cache in (False, True)]
    for row, what in enumerate(("images, built anew", "images, from the cache")):
        yield what, f"{ours[row]:.2f} s, by hand {theirs[row]:.2f} s"
        yield "  ratio of the builds", f"{ours[row] / theirs[row]:.2f}"


def build_ours(engine: docker.DockerClient, go: str, cache: bool) -> None:
    """Build the images as `golab images build` does."""
    for role in images.ROLES:
        images.build(engine, role, go if role == "client" else "", cache=cache)


def build_by_hand(go: str, cache: bool) -> None:
    """Build the images as somebody without golab would, from a checkout."""
    for role in images.ROLES:
        command = [CLIENT, "build", "--quiet", "--file", f"images/{role}/Dockerfile"]
        command += ["--build-arg", f"GO_VERSION={go}", "."]
        command += [] if cache else ["--no-cache"]
        subprocess.run(
            command,
            check=True,
            capture_output=True,
            cwd=Path(__file__).parents[1],
            env={**os.environ, "DOCKER_BUILDKIT": "0"},
        )


def main(rounds: int) -> None:
    """Measure, and print medians."""
    engine = connect()
    backend = DockerBackend()
    toolchain = backend.toolchain()
    spec = LabSpec("benchmark", build(base_world()), toolchain)
    ours, theirs, ours_end, theirs_end, runs = [], [], [], [], []
    for _ in range(rounds):
        name = secrets.token_hex(3)
        theirs.append(timed(partial(plain, engine, toolchain.version, name)))
        theirs_end.append(timed(partial(sweep.remove, engine, name)))
        started = time.monotonic()
        lab = backend.start(spec)
        ours.append(time.monotonic() - started)
        ours_end.append(timed(lab.close))
        runs.append(timed(run))
    median = statistics.median
    rows = [
        ("rounds", f"{rounds}, medians, Engine {backend.version}"),
        ("plain start, nothing proved", f"{median(theirs):.2f} s, end {median(theirs_end):.2f} s"),
        ("lab start, ready and sealed", f"{median(ours):.2f} s, end {median(ours_end):.2f} s"),
        ("  ratio of the starts", f"{median(ours) / median(theirs):.2f}"),
        ("golab run auth-fallback", f"{median(runs):.2f} s, worst {max(runs):.2f} s; budget 6 s"),
        *builds(engine, toolchain.version),
    ]
    for what, figure in rows:
        print(f"{what:<28} {figure}")
    backend.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
