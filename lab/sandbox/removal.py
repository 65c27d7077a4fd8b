"""Removes a directory with all that somebody else has put into it."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import stat
import time
from pathlib import Path

_DIRECTORY = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE = stat.S_IRWXU


def remove_tree(path: Path | str, *, until: float = math.inf) -> None:
    """Remove what is at `path`, a directory with all below it or anything else, if it is there.

    However deep it is, at most four descriptors are open, nothing is called recursively, and no
    path is longer than a name. A link is removed, and never followed. Directories that keep their
    owner out are opened up first.

    Args:
        path: what goes.
        until: the moment of the monotonic clock at which this gives up.

    Raises:
        OSError: something cannot be removed, or is moved about meanwhile, or there is no time left.
    """
    whole = Path(path).absolute()
    parent = os.open(whole.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if not _removed(parent, whole.name):
            _remove_directory(parent, whole.name, until)
    except FileNotFoundError:
        if os.path.lexists(whole):
            raise
    finally:
        os.close(parent)


def _remove_directory(parent: int, name: str, until: float) -> None:
    """Walk down to where there are no directories, and up again, a directory at a time."""
    trail: list[tuple[str, tuple[int, int]]] = []  # what each was called, and what was above it
    here = _opened(parent, name)
    try:
        while True:
            if inside := _emptied(here, until):
                trail.append((inside, _identity(here)))
                here = _moved(here, _opened(here, inside))
            elif trail:
                last, above = trail.pop()
                here = _moved(here, os.open("..", os.O_RDONLY | _DIRECTORY, dir_fd=here))
                if _identity(here) != above:
                    raise OSError(errno.EBUSY, "moved while it was being removed", last)
                os.rmdir(last, dir_fd=here)
            else:
                break
    finally:
        os.close(here)
    os.rmdir(name, dir_fd=parent)


def _emptied(directory: int, until: float) -> str | None:
    """Remove what can be removed at once; return the first directory that cannot."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if time.monotonic() > until:
                raise OSError(errno.ETIMEDOUT, "it takes too long to remove", entry.name)
            if not _removed(directory, entry.name):
                return entry.name
    return None


def _removed(directory: int, name: str) -> bool:
    """Remove a file, a link or an empty directory; False for a directory that is not empty."""
    try:
        os.unlink(name, dir_fd=directory)
    except IsADirectoryError:
        with contextlib.suppress(OSError):
            os.rmdir(name, dir_fd=directory)
            return True
        return False
    return True


def _opened(directory: int, name: str) -> int:
    """Open a directory for reading, and make it one that its owner may change."""
    found = os.open(name, os.O_PATH | _DIRECTORY, dir_fd=directory)
    try:
        if stat.S_IMODE(os.fstat(found).st_mode) & _MODE != _MODE:
            os.chmod(f"/proc/self/fd/{found}", _MODE)  # noqa: PTH101 - never another of its name
        return os.open(".", os.O_RDONLY | _DIRECTORY, dir_fd=found)
    finally:
        os.close(found)


def _identity(directory: int) -> tuple[int, int]:
    status = os.fstat(directory)
    return status.st_dev, status.st_ino


def _moved(old: int, new: int) -> int:
    os.close(old)
    return new
