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
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from lab.daemon.registry import Held, folder
from lab.errors import LabError, UsageError
from lab.interrupts import INTERRUPTS

if TYPE_CHECKING:
    from lab.results.model import RunResult
    from lab.scenario.load import Run

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
        arm: as it stands where the commands of this arm begin; '' is broken, healthy of a control.
        backend: one of `lab.sandbox.choose.BACKENDS`.
        go: a Go version (see `lab.go.toolchain.ensure`).
        say: called with the backend that `auto` has chosen, and why.
        progress: called while a toolchain is fetched.

    Raises:
        GolabError: it did not come up.
    """
    request = {"scenario": scenario, "arm": arm, "backend": backend, "go": go}
    with _holder(request, cwd=None if _is_file(scenario) else "/") as messages:
        held = _up(messages, say=say, progress=progress)
        INTERRUPTS.hold()  # from here on the lab stays, and an interrupt says so
    _stays(held)
    return held


def _is_file(scenario: str) -> bool:
    """Tell whether a scenario is named by its file, with or without one of its variants."""
    return Path(scenario).exists() or Path(scenario).parent.is_file()


def keep(
    run: Run, backend: str, go: str, seed: int, *, observe: Callable[[str], object]
) -> tuple[RunResult, Held]:
    """Replay a run in a lab that stays; return what it came to and the lab.

    Args:
        run: what to replay.
        backend: local or docker.
        go: a Go version.
        seed: fixes every chance.
        observe: called with the name of each arm before it starts.

    Raises:
        GolabError: the lab did not come up, or failed.
    """
    from lab.results.model import RunResult

    data = run.model_dump(mode="json", by_alias=True, exclude_unset=True)
    last = "healthy" if run.scenario.is_control else "repaired"
    request = {"run": data, "arm": last, "backend": backend, "go": go, "seed": seed}
    results: list[RunResult] = []

    def heard(message: dict[str, Any]) -> None:
        if "arm" in message:
            observe(message["arm"])
        elif "result" in message:
            results.append(RunResult.model_validate(message["result"]))

    with _holder(request, cwd="/") as messages:
        held = _up(messages, other=heard)
        INTERRUPTS.hold()
    _stays(held)
    return results[0], held


def _stays(lab: Held) -> None:
    INTERRUPTS.stays.append(lab.id)
    INTERRUPTS.release()


@contextmanager
def _holder(request: dict[str, Any], *, cwd: str | None) -> Iterator[Iterator[dict[str, Any]]]:
    """Start a holder, and yield what it says; it lives on if the body of the `with` succeeds."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "lab.daemon.main", str(folder())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
        )
        try:
            _tell(process, request)
            yield _heard(process, errors)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    process.returncode = 0  # nobody here is to wait for it


def _tell(process: subprocess.Popen[bytes], request: dict[str, Any]) -> None:
    assert process.stdin
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:  # it says why it has ended
        pipe.write(json.dumps(request).encode())


def _up(
    messages: Iterator[dict[str, Any]],
    *,
    say: Say = lambda _: None,
    progress: Progress = lambda *_: None,
    other: Callable[[dict[str, Any]], object] = lambda _: None,
) -> Held:
    """Follow a holder until its lab is up."""
    for message in messages:
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
            case _:
                other(message)
    raise AssertionError("a holder that ends says why")


def _why(status: int, errors: IO[bytes]) -> str:
    errors.seek(max(0, errors.seek(0, os.SEEK_END) - _KEPT))
    lines = errors.read().decode("utf-8", "replace").strip().splitlines()
    last = f": {lines[-1][:300]}" if lines else ""
    return f"the process that was to hold the lab ended ({status}){last}"


def _heard(process: subprocess.Popen[bytes], errors: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Yield what a holder says.

    Raises:
        LabError: it has ended, or was ended because it said nothing for too long.
    """
    assert process.stdout
    while True:
        watch = threading.Timer(_PATIENCE, process.kill)
        watch.start()
        try:
            line = process.stdout.readline()
        finally:
            watch.cancel()
        if not line:
            raise LabError(_why(process.wait(), errors))
        yield json.loads(line)
