"""The client's processes: which there are, and how some or all of them are ended (proc(5))."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

_ROUNDS = 50  # of looking for processes that have just been made

MARK = "LAB_EXEC"
"""In the environment of what a person has run: it finds what has left its session and parents."""


def processes() -> list[tuple[int, int, int, int]]:
    """Return (process, parent, group, session) of every process there is (proc(5))."""
    found = []
    for entry in os.listdir("/proc"):  # noqa: PTH208 - thousands of them
        if entry.isdigit():
            with contextlib.suppress(OSError, ValueError):
                text = Path("/proc", entry, "stat").read_text(errors="replace")
                state, parent, group, session, *_ = text.rpartition(")")[2].split()
                if state != "Z":
                    found.append((int(entry), int(parent), int(group), int(session)))
    return found


def count() -> int:
    """Return how many processes there are, with those that have ended and are not yet reaped."""
    return sum(entry.isdigit() for entry in os.listdir("/proc"))  # noqa: PTH208 - of every command


def end_tree(first: int, mark: str | None = None) -> None:
    """Kill a process with its session and all that descends from either, or bears the mark."""
    doomed = {first}
    for _ in range(_ROUNDS):
        known = len(doomed)
        for pid, parent, group, session in processes():
            if pid in doomed or pid == os.getpid():
                continue
            if {parent, group, session} & doomed or (mark and _marked(pid, mark)):
                doomed.add(pid)
                kill(pid, signal.SIGSTOP)  # so that it cannot have more while we count
        if len(doomed) == known:
            break
    else:
        if os.getpid() == 1:  # they are made faster than found: the kernel finds all at once
            kill(-1, signal.SIGKILL)
    for pid in doomed:
        kill(pid, signal.SIGKILL)
    for _ in range(_ROUNDS):  # whoever asked for it is to find none of them
        if doomed.isdisjoint(pid for pid, *_ in processes()):
            break
        time.sleep(0.002)


def _marked(pid: int, mark: str) -> bool:
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        return f"{MARK}={mark}".encode() in words
    return False


def end_all() -> None:
    """Kill every process that the client has, and wait until they are gone."""
    while [pid for pid, *_ in processes() if pid != os.getpid()]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        time.sleep(0.002)


def kill(pid: int, number: int) -> None:
    """Send a signal to a process, if it is still there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
