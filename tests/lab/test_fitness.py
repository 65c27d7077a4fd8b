"""A machine that cannot run labs is told so in one line, and what to do."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.lab.golab import COMMAND

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
        assert "-> sysctl -w user.max_user_namespaces=10000 (as root)" in done.stdout
        assert "This machine cannot run labs." in done.stdout
    else:
        (line,) = done.stderr.splitlines()
        assert line.startswith("golab: the kernel refuses the lab its namespaces: ")
        assert line.endswith("`golab doctor` says what to change")


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
        ["unshare", "--user", "--map-user=1000", "--map-group=1000", COMMAND, "run", "sni-block"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verdict  REPRODUCED" in done.stdout
