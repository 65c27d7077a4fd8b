"""How labs that are held end: by `down`, by themselves, with their holder."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from lab.daemon import start
from lab.daemon.registry import folder
from lab.errors import LabError
from tests.lab.daemon.byhand import GOLAB, LAB, first_process, golab, labs
from tests.lab.heeding import heeding
from tests.programs import needed


def test_two_labs_of_one_scenario_are_told_apart(lab_id: str, own_lab: str) -> None:
    both = golab("exec", LAB, "true")
    assert both.returncode == 2
    assert lab_id in both.stderr
    assert own_lab in both.stderr
    beginning = next(n for n in range(1, 7) if own_lab[:n] != lab_id[:n])
    assert golab("exec", own_lab[:beginning], "true").returncode == 0
    assert golab("down", own_lab[:beginning]).stdout == f"{own_lab}\n"
    assert golab("exec", LAB, "true").returncode == 0
    assert golab("exec", own_lab, "true").returncode == 2


def test_a_wrong_name_keeps_no_lab_up(own_lab: str) -> None:
    done = golab("down", "no-such", own_lab, "nor-this")
    assert (done.returncode, done.stdout) == (2, f"{own_lab}\n")
    assert [line.split()[3] for line in done.stderr.splitlines()] == ["'no-such'", "'nor-this'"]
    assert own_lab not in golab("ps").stdout


@pytest.mark.slow
def test_a_holder_that_is_stopped_is_mute_and_keeps_nobody_waiting(own_lab: str) -> None:
    (lab,) = [lab for lab in labs() if lab["lab"] == own_lab]
    holder = int(lab["holder"].split()[-1])
    os.kill(holder, signal.SIGSTOP)
    crowd = []
    try:
        for _ in range(200):  # as many as the holder has room for, and some
            crowd.append(socket.socket(socket.AF_UNIX))
            crowd[-1].setblocking(False)
            try:
                crowd[-1].connect(f"{folder()}/{own_lab}.sock")
            except BlockingIOError:
                break
        else:
            pytest.fail("the holder has room for everybody")
        began = time.monotonic()
        shown = golab("ps").stdout
        assert f"process {holder}, which is mute" in shown
        assert time.monotonic() - began < 10
        done = golab("down", own_lab)
        said = f"process {holder}, is mute for 20 s; `kill -KILL {holder}` ends it, and its lab\n"
        assert (done.returncode, done.stdout, done.stderr.endswith(said)) == (3, "", True)
        assert time.monotonic() - began < 40
    finally:
        for one in crowd:
            one.close()
        os.kill(holder, signal.SIGCONT)
    assert not any(lab["mute"] for lab in labs())


def test_a_lab_that_ended_by_itself_is_up_no_more(own_lab: str, backend: str) -> None:
    if backend == "docker":
        from lab.sandbox.docker import labels
        from lab.sandbox.docker.engine import connect

        engine = connect()
        mine = labels.selector(own_lab)["label"]
        chosen = {"label": [*mine, f"{labels.ROLE}=client"]}
        engine.api.remove_container(engine.api.containers(filters=chosen)[0]["Id"], force=True)
    else:
        os.kill(first_process(own_lab), signal.SIGKILL)
    end = time.monotonic() + 30
    while list(folder().glob(f"{own_lab}*")) and time.monotonic() < end:  # its holder's to remove
        time.sleep(0.1)
    assert not list(folder().glob(f"{own_lab}*"))
    while own_lab in golab("ps").stdout and time.monotonic() < end:
        time.sleep(0.1)
    assert own_lab not in golab("ps").stdout
    done = golab("exec", own_lab, "true")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_holder_that_is_killed_takes_its_lab_along(own_lab: str) -> None:
    (lab,) = [lab for lab in labs() if lab["lab"] == own_lab]
    os.kill(int(lab["holder"].split()[-1]), signal.SIGKILL)
    end = time.monotonic() + 30
    while True:
        golab("prune")
        shown = golab("ps").stdout
        if own_lab not in shown or time.monotonic() > end:
            break
        time.sleep(0.1)
    assert own_lab not in shown


def test_what_a_holder_that_crashed_said_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\necho Traceback >&2\necho 'MemoryError: no room' >&2\nexit 9\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(crashing))
    ended = r"^the process that was to hold the lab ended \(9\): MemoryError: no room$"
    with pytest.raises(LabError, match=ended):
        start.up(LAB, "broken", "local", None, say=print, progress=print)
    crashing.write_text("#!/bin/sh\nkill -KILL $$\n")
    with pytest.raises(LabError, match=r"^the process that was to hold the lab ended \(-9\)$"):
        start.up(LAB, "broken", "local", None, say=print, progress=print)


@pytest.mark.parametrize("after", [0.1, 0.5])
def test_an_interrupted_start_leaves_nothing(
    backend: str, after: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    known = {lab["lab"] for lab in labs() if lab["backend"] == backend}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = heeding([*GOLAB, "up", LAB, "--backend", backend], **pipes)
    time.sleep(after)  # any moment will do
    process.send_signal(signal.SIGINT)
    made, said = process.communicate(timeout=40)
    if found := re.search(r"interrupted; ([0-9a-f]{6}) had come up and stays", said):
        golab("down", found[1])  # the interrupt came when the lab was up, which is said
    elif process.returncode == 0:
        golab("down", made.strip())  # it came when golab had done its work
    else:
        assert (process.returncode, made) == (130, "")
        assert "interrupted; nothing is left behind" in said
    holders = subprocess.run(
        [needed("ps"), "ax", "-o", "args"], capture_output=True, text=True
    ).stdout
    assert str(tmp_path) not in holders
    assert {lab["lab"] for lab in labs() if lab["backend"] == backend} == known
    assert not list(tmp_path.glob("golab-*/*"))


def test_a_third_interrupt_ends_an_exec_whose_lab_is_mute(own_lab: str, backend: str) -> None:
    if backend == "docker":
        pytest.skip("the same holder")
    (lab,) = [lab for lab in labs() if lab["lab"] == own_lab]
    holder = int(lab["holder"].split()[-1])
    process = subprocess.Popen(
        [*GOLAB, "exec", own_lab, "echo ready; trap '' INT; sleep 60"], stdout=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == b"ready\n"
    os.kill(holder, signal.SIGSTOP)
    end, sent = time.monotonic() + 20, 0
    try:
        while process.poll() is None and time.monotonic() < end:
            process.send_signal(signal.SIGINT)  # on a busy machine two of them may be taken as one
            sent += 1
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.3)
        assert process.returncode == 130
        assert sent >= 3
    finally:
        os.kill(holder, signal.SIGCONT)
        process.kill()
        process.wait()


def test_an_interrupt_when_the_lab_is_up_says_that_it_stays(tmp_path: Path) -> None:
    script = """
import signal, sys
from lab.__main__ import main
from lab.daemon import start
real = start._up
def up(*args, **kwargs):
    held = real(*args, **kwargs)
    start.INTERRUPTS.hold()
    signal.raise_signal(signal.SIGINT)
    start.INTERRUPTS._holds.pop()
    return held
start._up = up
sys.argv = ["golab", "up", "auth-fallback", "--backend", "local"]
main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (130, "")
    said = r"golab: interrupted; ([0-9a-f]{6}) had come up and stays; `golab down \1` ends it\n"
    found = re.fullmatch(said, done.stderr)
    assert found, done.stderr
    assert found[1] in golab("ps").stdout
    assert golab("down", found[1]).returncode == 0
