"""What a client may have at most, by rlimits and by the size of its file systems."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROCESSES = 512
MEMORY = 6 << 30
"""Bytes that all processes and files of a client have together, where somebody counts."""

PROCESSES_OVER, MEMORY_OVER = "processes", "memory"
OPEN_FILES = 4096
FILE_SIZE = 2 << 30
DATA = 8 << 30
"""Bytes of private writable memory of one process; of all together, where a cgroup counts."""

HOME_SIZE = 3 << 30
HOME_FILES = 400_000
TMP_SIZE = 512 << 20
"""Bytes, and number, of the files that a client may keep in memory."""

PLACES = ("/lab/home", "/tmp", "/var/tmp", "/run", "/dev/shm", "/dev/mqueue")  # noqa: S108
"""The only directories that a client can write to; not every backend has all of them."""

_RLIMITS = {
    resource.RLIMIT_CORE: 1,  # and not 0, which a core_pattern that is a program does not heed
    resource.RLIMIT_DATA: DATA,
    resource.RLIMIT_FSIZE: FILE_SIZE,
    resource.RLIMIT_NOFILE: OPEN_FILES,
    resource.RLIMIT_NPROC: PROCESSES,
    resource.RLIMIT_MSGQUEUE: 1 << 20,
}


def apply(*, processes: bool = True) -> None:
    """Limit this process and all that it starts.

    Args:
        processes: whether the number of processes is limited here.
    """
    for kind, wanted in _RLIMITS.items():
        if kind == resource.RLIMIT_NPROC and not processes:
            continue
        _, most = resource.getrlimit(kind)
        value = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(kind, (value, value))


def counted_alone() -> bool:
    """Tell whether the kernel counts processes by user namespace (Linux 5.14), not by user alone.

    Before that, a limit for the client would count whatever else its user runs.
    """
    major, minor = (int(part) for part in os.uname().release.split(".")[:2])
    return (major, minor) >= (5, 14)


@dataclass(frozen=True)
class Counter:
    """Where the kernel counts what it denies: a line `key N` of a file."""

    what: str
    descriptor: int
    key: str

    def value(self) -> int:
        """Return how often it was denied so far."""
        for line in os.pread(self.descriptor, 4096, 0).decode().splitlines():
            key, _, number = line.partition(" ")
            if key == self.key:
                return int(number)
        return 0


class Allowance:
    """Tells what a client has used up.

    Args:
        counters: where the kernel counts that.
    """

    def __init__(self, counters: Sequence[Counter] = ()) -> None:
        self._counters = counters
        self._known = [counter.value() for counter in counters]

    def used_up(self, processes: int) -> str:
        """Say what has been used up since the last time: '' for nothing.

        Args:
            processes: how many the client has.
        """
        values = [counter.value() for counter in self._counters]
        known, self._known = self._known, values
        for counter, before, now in zip(self._counters, known, values, strict=True):
            if now > before:
                return counter.what
        threads = sum(_threads()) if processes > PROCESSES // 16 else processes
        if threads >= PROCESSES - threading.active_count() - 8:
            return PROCESSES_OVER
        return _full()


def _full() -> str:
    for place in PLACES:
        try:
            state = os.statvfs(place)
        except OSError:
            continue
        if (state.f_blocks and not state.f_bavail) or (state.f_files and not state.f_ffree):
            return "files"
    return ""


def _threads() -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            found.append(int(fields[17]))
    return found
