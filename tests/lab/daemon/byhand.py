"""golab as it is used by hand, and labs to use it on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

LAB = "auth-fallback"
ASKED = "go list -m -versions git.corp.example/lib"
GOLAB = [sys.executable, "-m", "lab"]


def golab(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*GOLAB, *args],
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def labs() -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(golab("ps", "--json").stdout)
    return found


def running(lab: str) -> str:
    """Return the command lines of everything that runs in a lab."""
    return golab("exec", lab, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout


def up(backend: str) -> str:
    done = golab("up", LAB, "--arm", "broken", "--backend", backend)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def first_process(lab: str) -> int:
    """Return the first process of a local lab: it is 1 in a process namespace just below ours."""
    (found,) = [known for known in labs() if known["lab"] == lab]
    below = [int(found["holder"].split()[-1])]
    for parent in below:
        for task in Path(f"/proc/{parent}/task").iterdir():
            below += map(int, (task / "children").read_text().split())
    numbers = {pid: _numbers(pid) for pid in below}
    (first,) = [pid for pid, inside in numbers.items() if len(inside) == 2 and inside[1] == 1]
    return first


def _numbers(pid: int) -> list[int]:
    status = Path(f"/proc/{pid}/status").read_text()
    return [int(word) for word in status.partition("NSpid:")[2].splitlines()[0].split()]
