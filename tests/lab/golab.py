"""Runs the installed `golab` command, as a user's shell would."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("golab"))


def golab(
    *args: str, cwd: Path | None = None, limit: float = 60, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run `golab` to its end; its output is captured, so it is not a terminal."""
    return subprocess.run(
        [COMMAND, *args],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "100", **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=limit,
    )


def interrupted(*args: str, cwd: Path, after: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Interrupt golab once its standard error has said `after`.

    Returns:
        How it ended, and what of its standard error came after that.
    """
    with subprocess.Popen(
        [COMMAND, *args],
        cwd=cwd,
        env={**os.environ, "COLUMNS": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        said = ""
        while after not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        process.send_signal(signal.SIGINT)
        out, rest = process.communicate(timeout=60)
    return subprocess.CompletedProcess(args, process.returncode, out, said + rest), rest


def watches(pid: int) -> bool:
    """Whether a golab has loaded what only its modules need, after its handler of SIGINT is set."""
    return "_socket" in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
