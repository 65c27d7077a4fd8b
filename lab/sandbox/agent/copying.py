"""Copies a directory of the client's as the client itself could; all of it bounded.

No link is followed, neither where it is read nor where it is written: each directory is entered
from the one above it, by its name alone, whatever the client puts in its place meanwhile.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Sequence
from pathlib import Path

from lab.sandbox.removal import remove_tree

MOST_ENTRIES = 20_000
MOST_BYTES = 256 << 20
DEEPEST = 100
"""Names, bytes of all files together, and directories in directories that one copy may have."""

_PIECE = 1 << 16
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_WRITING = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_ENTERING = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def copy(source: str, target: str, without: Sequence[str], limit: float) -> str:
    """Make `target`, which may lie below `source`, a copy of it; return why it is none, or ''.

    Links stay links, and pipes, sockets and devices are left out. Permissions are kept but for
    set-id bits, and so are times of change.

    Args:
        source: a directory.
        target: what is there is removed first.
        without: names in `source` that are left out.
        limit: seconds that it may take.
    """
    end = time.monotonic() + limit
    try:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        remove_tree(target, until=end)
        _Copy(limit, end).directory(None, source, None, target, skipped=without)
    except _TooMuchError as error:
        return str(error)
    except OSError as error:
        where = os.fsencode(str(error.filename or "")).decode("utf-8", "replace")
        said = str(error.strerror).lower()
        return f"{where}: {said}" if where else said
    return ""


class _TooMuchError(Exception):
    """There is more than is copied."""


class _Copy:
    def __init__(self, limit: float, end: float) -> None:
        self._limit, self._end = limit, end
        self._entries = self._bytes = 0

    def directory(
        self,
        above: int | None,
        name: str,
        target_above: int | None,
        target_name: str,
        *,
        skipped: Sequence[str] = (),
        depth: int = 0,
    ) -> None:
        if depth > DEEPEST:
            raise _TooMuchError(f"more than {DEEPEST} directories in one another")
        source = os.open(name, _ENTERING, dir_fd=above)
        try:
            os.mkdir(target_name, 0o700, dir_fd=target_above)
            target = os.open(target_name, _ENTERING, dir_fd=target_above)
            try:
                for inside in self._names(source):
                    if inside not in skipped:
                        self._entry(source, target, inside, depth)
                _like(target, os.fstat(source))
            finally:
                os.close(target)
        finally:
            os.close(source)

    def _names(self, source: int) -> list[str]:
        names = []
        with os.scandir(source) as entries:
            for entry in entries:
                self._entries += 1
                if self._entries > MOST_ENTRIES:
                    raise _TooMuchError(f"more than {MOST_ENTRIES:,} files")
                names.append(entry.name)
        return names

    def _entry(self, source: int, target: int, name: str, depth: int) -> None:
        kind = os.stat(name, dir_fd=source, follow_symlinks=False).st_mode
        if stat.S_ISDIR(kind):
            self.directory(source, name, target, name, depth=depth + 1)
        elif stat.S_ISLNK(kind):
            os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
        elif stat.S_ISREG(kind):
            self._file(source, target, name)

    def _file(self, source: int, target: int, name: str) -> None:
        reading = os.open(name, _READING, dir_fd=source)
        try:
            status = os.fstat(reading)
            if not stat.S_ISREG(status.st_mode):  # any more
                return
            self._count(status.st_size, 0)
            writing = os.open(name, _WRITING, 0o600, dir_fd=target)
            try:
                while piece := os.read(reading, _PIECE):
                    self._count(0, len(piece))
                    while piece:
                        piece = piece[os.write(writing, piece) :]
                _like(writing, status)
            finally:
                os.close(writing)
        finally:
            os.close(reading)

    def _count(self, coming: int, copied: int) -> None:
        self._bytes += copied
        if self._bytes + coming > MOST_BYTES:
            raise _TooMuchError(f"more than {MOST_BYTES >> 20} MB")
        if time.monotonic() > self._end:
            raise _TooMuchError(f"more than could be copied in {self._limit:g} s")


def _like(descriptor: int, status: os.stat_result) -> None:
    os.fchmod(descriptor, status.st_mode & 0o777)
    os.utime(descriptor, ns=(status.st_atime_ns, status.st_mtime_ns))
