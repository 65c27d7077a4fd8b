"""Runs golab, ends it at a chosen moment, and counts what outlives it.

As a subreaper (prctl(2)) this process inherits whatever golab leaves running, so it has nothing
left to wait for exactly when nothing is left. Prints one JSON object.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.lab.heeding import heeding

PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 6.0


def main(kind: str, delay: float, command: list[str]) -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    start: Any = subprocess.Popen if kind == "kill" else heeding
    with start(
        command,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as golab:
        try:
            golab.wait(delay)
        except subprocess.TimeoutExpired:
            if kind == "kill":
                os.kill(golab.pid, signal.SIGKILL)
            else:
                os.killpg(golab.pid, signal.SIGINT)  # as a terminal does
        stderr = golab.communicate(timeout=40)[1]
    began = time.monotonic()
    left = -1
    while left and time.monotonic() - began < PATIENCE:
        left = remaining()
        time.sleep(0.01)
    print(
        json.dumps(
            {
                "exit": golab.returncode,
                "stderr": stderr if isinstance(stderr, str) else stderr.decode(),
                "left": left,
                "seconds": round(time.monotonic() - began, 2),
                "mounts": " - tmpfs golab " not in Path("/proc/self/mountinfo").read_text(),
            }
        )
    )


def remaining() -> int:
    """Reap what has ended; return how many children are still there."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return 0
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return len(children)


main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
