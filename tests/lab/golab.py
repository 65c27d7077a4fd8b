"""Runs the installed `golab` command, as a user's shell would."""

from __future__ import annotations

import os
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
