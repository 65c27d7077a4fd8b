"""However golab ends, its containers end with it, and the next golab sweeps what is left."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import docker
import pytest

from lab.errors import LabError
from lab.sandbox.docker import labels, sweep
from lab.sandbox.docker.backend import DockerBackend, DockerLab
from lab.sandbox.interface import Command, LabSpec

pytestmark = pytest.mark.docker

TIMES = 6
SEED = 20_262
SECONDS = 5.0


def counted(engine: docker.DockerClient) -> dict[str, int]:
    """Count what the engine has, golab's or not."""
    return {
        "containers": len(engine.api.containers(all=True)),
        "networks": len(engine.api.networks()),
        "volumes": len(engine.api.volumes()["Volumes"] or []),
    }


def started(*args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "lab", "run", *args, "--backend", "docker"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def runs(engine: docker.DockerClient, pid: int) -> bool:
    """Tell whether a container of this process's labs runs."""
    labs = [lab for lab in sweep.every(engine) if lab.owner.split()[1] == str(pid)]
    return any(row["State"] == "running" for lab in labs for row in lab.containers.values())


@pytest.mark.timeout(240)
def test_killed_at_any_moment_nothing_stays(engine: docker.DockerClient) -> None:
    before = counted(engine)
    moments = random.Random(SEED)
    for delay in [moments.uniform(0.5, 3.0) for _ in range(TIMES)]:
        process = started("proxy-timeout/mute")
        time.sleep(delay)
        process.kill()
        process.communicate()
        end = time.monotonic() + SECONDS
        while runs(engine, process.pid) and time.monotonic() < end:
            time.sleep(0.1)
        assert not runs(engine, process.pid), f"killed after {delay:.2f} s"
    sweep.sweep(engine)
    assert counted(engine) == before


def test_an_interrupt_leaves_nothing(engine: docker.DockerClient) -> None:
    before = counted(engine)
    process = started("proxy-timeout/mute")
    time.sleep(3.5)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == 130
    assert said.strip() == b"golab: interrupted; nothing is left behind"
    assert counted(engine) == before


def test_closing_a_lab_removes_all_of_it(backend: DockerBackend, lab_spec: LabSpec) -> None:
    before = counted(backend.engine)
    with backend.start(lab_spec) as lab:
        assert counted(backend.engine)["containers"] == before["containers"] + 3
        assert lab.read(["/nowhere"]) == {}
    assert counted(backend.engine) == before
    assert backend.engine.api.containers(all=True, filters=dict(labels.selector(lab.id))) == []


def test_what_is_not_golabs_is_not_touched(
    engine: docker.DockerClient, docker_lab: DockerLab
) -> None:
    foreign = engine.networks.create("not-golabs")
    try:
        sweep.sweep(engine)
        sweep.remove(engine, "no-such-lab")
        assert engine.networks.list(names=["not-golabs"])
        assert sweep.every(engine, docker_lab.id)[0].running
    finally:
        foreign.remove()


def test_a_container_that_dies_in_the_middle_is_one_line(
    backend: DockerBackend, lab_spec: LabSpec
) -> None:
    with backend.start(lab_spec) as lab:
        backend.engine.api.kill(lab._containers["client"])
        with pytest.raises(LabError, match=r"-client has ended") as caught:
            lab.run(Command(("true",), {}, "/", 5))
        assert "\n" not in str(caught.value)


def test_an_owner_that_lives_is_not_gone() -> None:
    assert not labels.owner_is_gone(labels.owner())
    host, pid, born = labels.owner().split(" ")
    assert pid == str(os.getpid())
    assert labels.owner_is_gone(f"{host} {pid} {int(born) + 1}")
    assert labels.owner_is_gone(f"{host} 4194305 1")
    assert not labels.owner_is_gone(f"another-{host} 4194305 1")
