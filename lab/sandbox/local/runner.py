"""One request of golab's, served inside the lab by a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.sandbox import linux, network
from lab.sandbox.control import call
from lab.sandbox.interface import Command, Completed
from lab.sandbox.local import root, sealed
from lab.sandbox.local.layout import Layout

_MOST_OUTPUT = 4 << 20  # bytes of one stream that are kept; what is cut off is said


def serve(connection: Connection, layout: Layout) -> None:
    """Receive one `(operation, arguments)`, carry it out, send back `(value, error)`."""
    operation, value = "a request", None
    failure: LabError | None = None
    try:
        operation, arguments = connection.recv()
        handler = OPERATIONS.get(operation)
        if handler is None:  # outside of the client's root: edge and origin
            value = call(layout.control(operation), *arguments)
        else:
            root.enter(layout.root)
            value = handler(*arguments)
    except LabError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - whatever it is, golab must hear of it
        failure = LabError(f"{operation} failed in the lab: {type(error).__name__}: {error}")
    with contextlib.suppress(OSError):  # golab is gone, or no longer interested
        connection.send((value, failure))


def write(files: Mapping[str, str | bytes]) -> None:
    """Write files; see `Lab.write`."""
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def read(paths: Sequence[str]) -> dict[str, bytes]:
    """Return the contents of those files that exist."""
    return {name: Path(name).read_bytes() for name in paths if Path(name).is_file()}


def remove(path: str) -> None:
    """Remove a file or a directory; module caches are made of read-only directories."""
    target = Path(path)
    if target.is_dir():
        for folder, _, _ in os.walk(target):
            Path(folder).chmod(0o755)
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)


def has(program: str, path: str) -> bool:
    """Tell whether a program is on the client's PATH."""
    return shutil.which(program, path=path) is not None


def execute(command: Command) -> Completed:
    """Run a command as the client, and end it with all its children when its limit is reached."""
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            command.argv,
            cwd=command.cwd,
            env=dict(command.env),
            stdin=subprocess.PIPE if command.stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=linux.drop_privileges,  # noqa: PLW1509 - this process has one thread
        )
    except FileNotFoundError:
        text = f"{command.argv[0]}: not found in the lab\n"
        return Completed(command.argv, 127, "", text, time.monotonic() - started)
    timed_out = False
    try:
        out, err = process.communicate(command.stdin.encode() or None, timeout=command.limit)
    except subprocess.TimeoutExpired:
        timed_out = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
    seconds = time.monotonic() - started
    code = None if timed_out else process.returncode
    return Completed(command.argv, code, _text(out), _text(err), round(seconds, 4))


def _text(output: bytes) -> str:
    text = output[:_MOST_OUTPUT].decode("utf-8", "replace")
    return text if len(output) <= _MOST_OUTPUT else text + "\n[golab: output cut off here]\n"


OPERATIONS: dict[str, Callable[..., Any]] = {
    "write": write,
    "read": read,
    "remove": remove,
    "has": has,
    "run": execute,
    "fetch": network.fetch,
    "resolve": network.resolve,
    "handshake": network.handshake,
    "leaks": sealed.leaks,
}
