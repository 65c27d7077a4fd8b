"""Starts a process that holds a lab, and follows it until the lab is up."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from lab.daemon.registry import Held, folder
from lab.errors import LabError, UsageError

_PATIENCE = 120.0
"""Seconds without a word from the holder; while it fetches something, it says so all the time."""
_KEPT = 2000  # bytes

Say = Callable[[str], object]
Progress = Callable[[str, int, int], object]


def up(
    scenario: str, arm: str, backend: str, go: str | None, *, say: Say, progress: Progress
) -> Held:
    """Start a lab that stays, and return it once it is there. An interrupt leaves nothing.

    Args:
        scenario: `id`, `id/variant`, or the path of a file.
        arm: as it stands where the commands of this arm begin.
        backend: one of `lab.sandbox.choose.BACKENDS`.
        go: a Go version (see `lab.toolchain.ensure`).
        say: called with the backend that `auto` has chosen, and why.
        progress: called while a toolchain is fetched.

    Raises:
        GolabError: it did not come up.
    """
    request = {"scenario": scenario, "arm": arm, "backend": backend, "go": go}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "lab.daemon.main", str(folder())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            cwd=None if Path(scenario).exists() else "/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
        )
        try:
            _tell(process, request)
            lab = _followed(process, errors, say, progress)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    process.returncode = 0  # it lives on, and nobody here is to wait for it
    return lab


def _tell(process: subprocess.Popen[bytes], request: dict[str, Any]) -> None:
    assert process.stdin
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:  # it says why it has ended
        pipe.write(json.dumps(request).encode())


def _followed(
    process: subprocess.Popen[bytes], errors: IO[bytes], say: Say, progress: Progress
) -> Held:
    for message in _heard(process):
        match message:
            case {"say": text}:
                say(text)
            case {"progress": steps}:
                progress(*steps)
            case {"error": text, "status": UsageError.exit_status}:
                raise UsageError(text)
            case {"error": text}:
                raise LabError(text)
            case {"up": lab}:
                return Held(**lab)
    raise LabError(_why(process.wait(), errors))


def _why(status: int, errors: IO[bytes]) -> str:
    errors.seek(max(0, errors.seek(0, os.SEEK_END) - _KEPT))
    lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    last = f": {lines[-1][:300]}" if lines else ""
    return f"the process that was to hold the lab ended ({status}){last}"


def _heard(process: subprocess.Popen[bytes]) -> Iterator[Any]:
    assert process.stdout
    while True:
        watch = threading.Timer(_PATIENCE, process.kill)
        watch.start()
        try:
            line = process.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            return
        yield json.loads(line)
