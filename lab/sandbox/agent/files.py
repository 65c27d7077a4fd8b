"""The client's files, as the client itself could write, read and remove them; all of it bounded."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.sandbox.interface import Listed
from lab.sandbox.removal import remove_tree

MOST_READ = 4 << 20
"""Bytes of one file that are read back; what is longer is refused, not cut."""

MOST_LISTED = 10_000
"""Names of one directory that are listed."""

_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}


def write(files: Mapping[str, str | bytes]) -> None:
    """Write files; directories are made as needed.

    Raises:
        LabError: one cannot be written, or is no ordinary file.
    """
    for name, content in files.items():
        path = Path(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = _opened(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor
                file.write(content.encode() if isinstance(content, str) else content)
        except OSError as error:
            raise LabError(f"the client's {name} cannot be written: {error.strerror}") from None


def read(paths: Sequence[str]) -> dict[str, Any]:
    """Return the contents of those files that exist, and why others could not be read."""
    found: dict[str, bytes] = {}
    unread: dict[str, str] = {}
    for name in paths:
        try:
            with open(_opened(name, os.O_RDONLY), "rb") as file:
                content = file.read(MOST_READ + 1)
        except FileNotFoundError:
            continue
        except OSError as error:
            unread[name] = str(error.strerror).lower()
            continue
        if len(content) > MOST_READ:
            unread[name] = f"it is longer than the {MOST_READ >> 20} MB golab reads"
        else:
            found[name] = content
    return {"found": found, "unread": unread}


def listing(folder: str) -> list[Listed]:
    """Return what is in a directory, sorted, at most `MOST_LISTED` of it; nothing if it is none."""
    found = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in itertools.islice(entries, MOST_LISTED):
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                kind = _KINDS.get(stat.S_IFMT(status.st_mode), "other")
                found.append(Listed(entry.name, kind, status.st_size))
    return sorted(found, key=lambda each: each.name)


def _opened(name: str, flags: int) -> int:
    """Open an ordinary file; a pipe or a device in its place would keep us waiting."""
    descriptor = os.open(name, flags | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY, 0o644)
    kind = os.fstat(descriptor).st_mode
    if stat.S_ISREG(kind):
        return descriptor
    os.close(descriptor)
    number = errno.EISDIR if stat.S_ISDIR(kind) else errno.EINVAL
    raise OSError(number, "it is a directory" if number == errno.EISDIR else "it is no file", name)


def remove(path: str) -> None:
    """Remove a file or a directory with all that is in it, if it is there.

    Raises:
        LabError: something stays.
    """
    try:
        remove_tree(path)
    except OSError as error:
        raise LabError(f"the client's {path} cannot be removed: {error.strerror}") from None


def link(source: str, target: str) -> None:
    """Make `target` a tree of directories as below `source`, with a symbolic link for each file.

    Raises:
        LabError: there is no such tree, or it cannot be made.
    """

    def fail(error: OSError) -> None:
        raise error

    try:
        for folder, _, names in os.walk(source, onerror=fail):
            own = Path(target, os.path.relpath(folder, source))
            own.mkdir(parents=True, exist_ok=True)
            for name in names:
                os.symlink(f"{folder}/{name}", f"{own}/{name}")  # noqa: PTH211 - thousands of them
    except OSError as error:
        raise LabError(f"the client's {target} cannot be made: {error.strerror}") from None


def has(program: str, path: str) -> bool:
    """Tell whether a program is on the client's PATH."""
    return shutil.which(program, path=path) is not None


def empty(places: Sequence[str]) -> None:
    """Remove all that is in these directories, but not themselves.

    Raises:
        LabError: something stays.
    """
    for place in places:
        if Path(place).is_dir():
            for entry in os.scandir(place):
                remove(entry.path)
