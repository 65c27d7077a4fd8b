"""What all of a client together may have, where golab may make cgroups; what is left of them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.client import Client, prepare
from lab.sandbox.agent import limits
from lab.sandbox.interface import LabSpec
from lab.sandbox.local import cgroups
from lab.sandbox.local.backend import LocalBackend, LocalLab
from lab.spec.client import ClientSpec
from tests.lab.sandbox.altered import alter

SMALL = """
from lab.sandbox.agent import limits
limits.MEMORY = 256 << 20
limits.PROCESSES = 64
import importlib
from lab.sandbox.local import cgroups  # which has read the limits
importlib.reload(cgroups)
"""


def ours() -> list[Path]:
    return [folder for folder in cgroups.ROOT.glob("**/golab-*") if folder.is_dir()]


def gone(folders: list[Path]) -> bool:
    end = time.monotonic() + 20
    while any(folder.exists() for folder in folders) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(folder.exists() for folder in folders)


@pytest.fixture(scope="module")
def small(
    lab_spec: LabSpec, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LocalLab, list[Path]]]:
    """A lab whose client may have little, and its cgroups."""
    before = ours()
    folder = tmp_path_factory.mktemp("small")
    with pytest.MonkeyPatch.context() as patch:
        alter(patch, folder, SMALL)
        backend = LocalBackend()
        with backend.start(lab_spec) as lab:
            made = [path for path in ours() if path not in before]
            if not made:
                backend.close()
                pytest.skip("golab may make no cgroup here")
            yield lab, made
        backend.close()
    assert gone(made)


@pytest.fixture
def client(small: tuple[LocalLab, list[Path]], lab_spec: LabSpec) -> Client:
    return prepare(small[0], lab_spec, ClientSpec())


@pytest.mark.slow
def test_memory_is_counted_over_all_processes(client: Client) -> None:
    if not client.has("python3"):
        pytest.skip("python3 is not installed where the client runs")
    script = "import time; x = b'x' * (48 << 20); time.sleep(20)"
    done = client.run(
        ["sh", "-c", f'for i in 1 2 3 4 5 6 7 8; do python3 -c "{script}" & done; wait'], limit=60
    )
    assert done.hit == "memory", done
    assert client.run(["true"], limit=20).exit == 0


def test_files_alone_leave_room_for_the_agent() -> None:
    """It would be ended first, and nobody could say why."""
    assert limits.MEMORY - limits.HOME_SIZE - 2 * limits.TMP_SIZE >= 1 << 30


@pytest.mark.slow
def test_processes_are_counted_over_all_sessions(client: Client) -> None:
    done = client.run(["sh", "-c", "for i in $(seq 99); do setsid sleep 20 & done; wait"], limit=5)
    assert done.hit == "processes", done
    end = time.monotonic() + 20
    while client.run(["true"], limit=5).hit and time.monotonic() < end:
        time.sleep(0.05)  # what was killed has not ended yet
    assert client.run(["true"], limit=5).hit == ""


def test_what_a_kill_left_the_next_lab_removes() -> None:
    dead = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(dead, 0)
    parents = [parent for _, where in cgroups._hierarchies() for parent in where[:1]]
    left = [parent / f"golab-{dead}-1" for parent in parents]
    mine = [parent / f"golab-{os.getpid()}-{cgroups._started(os.getpid())}" for parent in parents]
    try:
        for folder in [*left, *mine]:
            folder.mkdir()
    except OSError as error:
        pytest.skip(f"golab may make no cgroup here: {error.strerror}")
    try:
        cgroups.sweep()
        assert not [folder for folder in left if folder.exists()]
        assert [folder for folder in mine if folder.exists()] == mine
    finally:
        for folder in [*left, *mine]:
            if folder.exists():
                folder.rmdir()


def test_without_cgroups_a_client_is_limited_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "_made", lambda *_: None)
    made = cgroups.make()
    assert (made.joins, made.counters, made.lease) == ([], [], -1)
    assert not made.join()
    assert limits.Allowance().used_up(3) in ("", "files")


def test_a_lab_whose_golab_is_killed_leaves_no_cgroup(lab_spec: LabSpec) -> None:
    before = ours()
    child = os.fork()
    if not child:
        backend = LocalBackend()
        backend.start(lab_spec)
        signal.pause()
        os._exit(0)
    end = time.monotonic() + 30
    while not (made := [path for path in ours() if path not in before]) and time.monotonic() < end:
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not made:
        pytest.skip("golab may make no cgroup here")
    assert gone(made)
