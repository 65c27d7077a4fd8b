"""golab as it is used by hand, and labs to use it on."""

from __future__ import annotations

import json
import os
import subprocess
import sys

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
