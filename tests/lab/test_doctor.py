"""A machine that cannot run labs is told so in one line, and what to do."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import doctor
from lab.sandbox.local import sealed
from tests.lab.golab import COMMAND, golab

# As somebody who may not make namespaces: no capabilities, and none left to make.
NO_NAMESPACES = (
    "echo 0 > /proc/sys/user/max_user_namespaces && "
    "exec setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs "
    f"{COMMAND} "
)


@pytest.mark.parametrize("command", ["run stale-list", "doctor"])
def test_without_namespaces(command: str) -> None:
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", NO_NAMESPACES + command],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    if command == "doctor":
        assert "NO  namespaces" in done.stdout
        assert "sysctl -w user.max_user_namespaces=10000`" in done.stdout
        assert "This machine cannot run labs." in done.stdout
    else:
        (line,) = done.stderr.splitlines()
        assert line.startswith("golab: the kernel refuses the lab its namespaces: ")
        assert "sysctl -w user.max_user_namespaces=10000`" in line


def test_another_system() -> None:
    script = (
        "import sys; sys.platform = 'darwin'; sys.argv[1:] = ['run', 'stale-list']\n"
        "from lab.__main__ import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.returncode == 3
    assert done.stderr == (
        "golab: local labs need Linux, and this is darwin; use --backend docker, "
        "or a Linux machine, container or VM\n"
    )


def test_without_root() -> None:
    """As user 1000, without any capability: user namespaces are enough."""
    done = subprocess.run(
        [
            "unshare",
            "--user",
            "--map-user=1000",
            "--map-group=1000",
            COMMAND,
            "run",
            "egress-blocked",
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verdict  REPRODUCED" in done.stdout


def found(name: str) -> doctor.Check:
    return next(check for check in doctor.checks() if check.name == name)


def test_the_proof_that_labs_are_sealed_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found("sealed").state == "ok"
    # On the machine itself every namespace is the host's, and there are more interfaces than lo.
    here = sealed.leaks(sealed.host())
    assert "the net namespace is the host's" in here
    monkeypatch.setattr(sealed, "leaks", lambda *_: here)
    check = found("sealed")
    assert check.state == "missing"
    assert check.said.startswith("a way out is open: the net namespace is the host's; ")


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("", "no engine: neither DOCKER_HOST, nor a context, nor /var/run/docker.sock"),
        ("tcp://127.0.0.1:1", "no Docker engine answers at tcp://127.0.0.1:1"),
        ("unix:///nowhere/docker.sock", "no Docker engine answers at unix:///nowhere/docker.sock"),
        ("nonsense", "nonsense"),
    ],
)
def test_without_an_engine_labs_run_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, host: str, said: str
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", host)
    if not host and Path("/var/run/docker.sock").exists():
        pytest.skip("this machine has an engine")
    check = found("docker")
    assert (check.state, said in check.said) == ("optional", True), check
    assert check.remedy
    assert golab("doctor").returncode == 0


def test_an_engine_that_never_answers_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        host = f"tcp://127.0.0.1:{mute.getsockname()[1]}"
        started = time.monotonic()
        done = golab("doctor", DOCKER_HOST=host, COLUMNS="300")
        assert time.monotonic() - started < 30
    assert done.returncode == 0
    assert "--  docker " in done.stdout


@pytest.mark.parametrize(
    ("version", "supported"), [("11.0.1", False), ("12.3.1", True), ("13", False)]
)
def test_a_mitmproxy_that_is_not_supported(tmp_path: Path, version: str, supported: bool) -> None:
    info = tmp_path / f"mitmproxy-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: mitmproxy\nVersion: {version}\n")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    done = golab("doctor", PYTHONPATH=path)
    assert done.returncode == (0 if supported else 3)
    if not supported:
        assert f"NO  mitmproxy  {version} is not supported" in done.stdout
        assert "-> python3 -m pip install 'mitmproxy>=11.0.2,<13'" in done.stdout


def test_what_doctor_says_wraps_within_its_column() -> None:
    narrow = golab("doctor", COLUMNS="40").stdout.splitlines()
    assert all(len(line) <= 40 for line in narrow)
    assert all(line[:3] in ("ok ", "-- ", "NO ", "   ") for line in narrow[:-1])
