"""A lab by hand: up, exec, shell, fault, logs, ps, down, the same in both backends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

LAB = "auth-fallback"
ASKED = "go list -m -versions git.corp.example/lib"


def golab(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lab", *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


@pytest.fixture(params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def backend(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if name == "docker":
        from lab.errors import UnfitError
        from lab.sandbox.docker import images
        from lab.sandbox.docker.engine import connect
        from lab.toolchain import ensure

        try:
            images.check(connect(), ensure().version)
        except UnfitError as error:
            pytest.skip(str(error))
    return name


@pytest.fixture
def lab_id(backend: str) -> Iterator[str]:
    done = golab("up", LAB, "--arm", "broken", "--backend", backend)
    assert done.returncode == 0, done.stderr
    yield done.stdout.strip()
    golab("down", "--all")


def test_commands_faults_and_logs(lab_id: str, backend: str) -> None:
    assert f"{lab_id}   {LAB}" in golab("ps").stdout
    broken = golab("exec", lab_id, ASKED)
    assert (broken.returncode, broken.stdout.strip()) == (0, "git.corp.example/lib")
    assert "on   fired 1" in golab("fault", "list", LAB).stdout
    assert golab("fault", "off", LAB, LAB).returncode == 0
    healthy = golab("exec", LAB, "go", "list", "-m", "-versions", "git.corp.example/lib")
    assert healthy.returncode == 1
    assert "token has expired" in healthy.stderr
    assert '"module": "git.corp.example/lib"' in golab("logs", LAB).stdout
    assert golab("exec", LAB, "--limit", "0.5", "sleep 20").returncode == 124
    down = golab("down", LAB)
    assert (down.returncode, golab("ps").stdout.count(lab_id)) == (0, 0)
    assert golab("exec", LAB, "true").returncode == 2


def test_a_shell_is_a_terminal_with_a_telling_prompt(lab_id: str) -> None:
    shell = pexpect.spawn(sys.executable, ["-m", "lab", "shell", LAB], timeout=20, encoding="utf8")
    shell.expect(r"auth-fallback broken\$ ")
    shell.sendline("test -t 0 && stty -a | head -1; echo $((40 + 2)) $GOPROXY")
    shell.expect("rows 24; columns 80")
    shell.expect("42 https://proxy.corp.example")
    shell.sendline("exit 3")
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 3


def test_a_holder_that_is_killed_takes_its_lab_along(lab_id: str) -> None:
    line = next(row for row in golab("ps").stdout.splitlines() if row.startswith(lab_id))
    os.kill(int(line.split()[-1]), signal.SIGKILL)
    time.sleep(3)
    golab("prune")
    assert lab_id not in golab("ps").stdout


def test_wrong_names_are_one_line() -> None:
    for args, said in (
        (("up", "no-such"), "no-such"),
        (("exec", "no-such", "true"), "`golab up` it"),
        (("down",), "--all ends every one"),
    ):
        done = golab(*args)
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
