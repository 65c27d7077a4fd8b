"""What golab has done as the client, in any backend: files, programs, commands.

Called in a process of its own, inside the client's root directory, that has one thread.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab.sandbox.interface import Command, Completed

_MOST_OUTPUT = 4 << 20  # bytes of one stream that are kept; what is cut off is said


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


def execute(command: Command, become: Callable[[], None] | None = None) -> Completed:
    """Run a command as the client, and end it with all its children when its limit is reached.

    Args:
        command: what to run.
        become: called in the new process, before it is the command: gives up what a client has not.
    """
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
            preexec_fn=become,  # noqa: PLW1509 - this process has one thread
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
