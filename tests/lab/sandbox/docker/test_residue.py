"""However golab ends, its containers end with it, and the next golab sweeps what is left."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from lab.errors import LabError, UnfitError
from lab.sandbox.docker import images, labels, sweep
from lab.sandbox.docker.backend import DockerBackend, DockerLab
from lab.sandbox.interface import Command, LabSpec
from tests.lab.golab import watches
from tests.lab.sandbox.docker.things import things

pytestmark = pytest.mark.docker

TIMES = 6
SEED = 20_262
SECONDS = 5.0


def started(*args: str, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "lab", "run", *args, "--backend", "docker"],
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


@contextlib.contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process whatever happens; the tests after this one count what the engine has."""
    try:
        yield
    finally:
        process.kill()


def runs(engine: docker.DockerClient, pid: int) -> bool:
    """Tell whether a container of this process's labs runs."""
    labs = [lab for lab in sweep.every(engine) if lab.owner.split()[1] == str(pid)]
    return any(row["State"] == "running" for lab in labs for row in lab.containers.values())


@pytest.mark.timeout(240)
def test_killed_at_any_moment_nothing_stays(engine: docker.DockerClient, tmp_path: Path) -> None:
    volumes = things(engine)
    moments = random.Random(SEED)
    killed = []
    for delay in [moments.uniform(0.5, 3.0) for _ in range(TIMES)]:
        process = started("proxy-timeout/mute", TMPDIR=str(tmp_path))
        killed.append(process.pid)
        time.sleep(delay)
        process.kill()
        process.communicate()
        end = time.monotonic() + SECONDS
        while runs(engine, process.pid) and time.monotonic() < end:
            time.sleep(0.1)
        assert not runs(engine, process.pid), f"killed after {delay:.2f} s"
    sweep.sweep(engine)
    for pid in killed:
        assert things(engine, pid) <= volumes
    assert list(tmp_path.iterdir()) == []


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "args", [("proxy-timeout/mute",), ("--all", "--jobs", "4")], ids=["one", "several"]
)
@pytest.mark.parametrize("interrupts", [1, 2])
def test_interrupted_at_any_moment_nothing_stays(
    engine: docker.DockerClient, args: tuple[str, ...], interrupts: int
) -> None:
    volumes = things(engine)
    moments = random.Random(SEED)
    for delay in [moments.uniform(0.3, 3.5) for _ in range(TIMES // 2)]:
        with started(*args) as process, ended(process):
            while process.poll() is None and not watches(process.pid):
                time.sleep(0.002)
            time.sleep(delay)
            for _ in range(interrupts):
                process.send_signal(signal.SIGINT)
                time.sleep(0.1)
            lines = process.communicate(timeout=60)[1].splitlines()
        assert process.returncode == 130, (delay, lines)
        assert lines[-1] == b"golab: interrupted; nothing is left behind"
        finished = [line for line in lines if re.match(rb"golab: \d+ of \d+: ", line)]
        assert len(lines) - len(finished) <= interrupts
        assert things(engine, process.pid) <= volumes, delay


@pytest.mark.parametrize("role", images.ROLES)
def test_a_container_that_dies_when_it_starts_is_one_line(
    engine: docker.DockerClient, role: str
) -> None:
    volumes = things(engine)
    events = engine.api.events(filters={"event": "start", "type": "container"}, decode=True)
    with started("egress-blocked") as process, ended(process):
        killer = threading.Thread(target=_kill_first, args=(engine, events, role, process.pid))
        killer.start()
        process.communicate(timeout=60)
    events.close()
    killer.join(10)
    assert process.returncode == 3
    assert things(engine, process.pid) <= volumes


def _kill_first(
    engine: docker.DockerClient, events: Iterable[dict[str, Any]], role: str, owner: int
) -> None:
    for event in events:
        marks = event["Actor"]["Attributes"]
        if marks.get(labels.ROLE) == role and marks[labels.OWNER].split()[1] == str(owner):
            with contextlib.suppress(docker.errors.APIError):
                engine.api.kill(event["Actor"]["ID"])
            return


def test_images_are_those_that_were_checked(engine: docker.DockerClient, lab_spec: LabSpec) -> None:
    edge = images.tag("edge")
    real = engine.images.get(edge)
    backend = DockerBackend()
    backend.toolchain()
    try:
        assert engine.images.get(images.BASE).tag(edge)
        with backend.start(lab_spec) as lab:
            row = engine.api.inspect_container(lab._containers["edge"])
            assert row["Image"] == real.id
        with pytest.raises(UnfitError, match=r"golab/edge:.* is missing"):
            DockerBackend().start(lab_spec)
    finally:
        assert real.tag(edge)
        backend.close()


def test_what_cannot_be_swept_does_not_stop_a_lab(
    engine: docker.DockerClient, lab_spec: LabSpec
) -> None:
    machine = labels.owner().split()[0]
    marks = {labels.LAB: "stuck", labels.OWNER: f"{machine} 4194305 1"}
    network = engine.networks.create("golab-stuck", labels=marks, internal=True)
    command = "import time; time.sleep(60)"
    foreign = engine.containers.run(
        images.tag("edge"), ["python3", "-c", command], network=network.name, detach=True
    )
    try:
        with DockerBackend().start(lab_spec) as lab:
            assert lab.read(["/nowhere"]).found == {}
        with pytest.raises(LabError, match=r"lab stuck could not .*`docker network disconnect`"):
            sweep.remove(engine, "stuck", attempts=1)
    finally:
        foreign.remove(force=True)
        network.remove()


def test_closing_a_lab_removes_all_of_it(backend: DockerBackend, lab_spec: LabSpec) -> None:
    before = things(backend.engine)
    with backend.start(lab_spec) as lab:
        assert len(things(backend.engine) - before) == 3 + 2
        assert lab.read(["/nowhere"]).found == {}
    assert things(backend.engine) <= before
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
