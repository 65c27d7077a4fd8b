"""Files of the user's, read once, that are carried into the clients of labs; all of it bounded.

What lies beside a program may be a stranger's as much as the program is: a link that leads out of
its folder would have golab hand over what only the user may read, so it is not followed.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from lab.errors import UsageError
from lab.sandbox.interface import Command, Lab

MOST_FILES = 1000
"""Files and folders that are carried together."""

MOST_BYTES = 40 << 20
"""Bytes of all of them: they travel as one message (`lab.sandbox.codec.LONGEST`)."""

_SHORT = 20.0


@dataclass(frozen=True)
class Carried:
    """Files to be written for a client.

    Attributes:
        files: contents by relative path.
        programs: which of them have a run bit.
        left_out: what else is there and why it is not carried, a line each.
    """

    files: Mapping[str, bytes]
    programs: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = field(default=(), compare=False)

    def placed(self, lab: Lab, folder: str, env: Mapping[str, str]) -> None:
        """Write them below a folder of the client, whose environment `env` is.

        Raises:
            LabError: they cannot be written.
        """
        lab.write({f"{folder}/{name}": content for name, content in self.files.items()})
        if self.programs:
            paths = (f"{folder}/{name}" for name in sorted(self.programs))
            lab.run(Command(("chmod", "+x", "--", *paths), env, "/", _SHORT))


def file(path: Path) -> Carried:
    """Read one file, whatever its name says; a link is followed, for the user has named it.

    Raises:
        UsageError: it is none, cannot be read, or is too long.
    """
    try:
        content, program = _read(path, MOST_BYTES)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if content is None:
        raise UsageError(f"{path} is longer than the {MOST_BYTES >> 20} MB that golab carries")
    return Carried({path.name: content}, frozenset([path.name] if program else ()))


def folder(top: Path) -> Carried:
    """Read a folder with all that is below it.

    Hidden files and `__pycache__` are not for a client. Links that lead elsewhere, or to folders,
    and what is no file are left out, and so said.

    Raises:
        UsageError: it cannot be read, or there is more of it than golab carries.
    """
    files: dict[str, bytes] = {}
    programs: set[str] = set()
    left_out: list[str] = []
    room = MOST_BYTES
    inside = top.resolve()
    for path in _below(top):
        name = str(path.relative_to(top))
        try:
            content, program = _read(_own(path, inside), room)
        except OSError as error:
            left_out.append(f"{path} is left out: {error.strerror}")
            continue
        if content is None:
            raise _too_much(top, f"{MOST_BYTES >> 20} MB")
        room -= len(content)
        files[name] = content
        if program:
            programs.add(name)
    return Carried(files, frozenset(programs), tuple(left_out))


def _below(top: Path) -> Iterator[Path]:
    """Yield what is below a folder and is neither hidden nor a folder itself."""
    waiting, seen = [top], 0
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                found = sorted(islice(entries, 2 * MOST_FILES), key=lambda entry: entry.name)
        except OSError as error:
            raise UsageError(f"{place} cannot be read: {error.strerror}") from None
        for entry in found:
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            seen += 1
            if seen > MOST_FILES:
                raise _too_much(top, f"{MOST_FILES:,} files")
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            else:
                yield Path(entry.path)


def _own(path: Path, inside: Path) -> Path:
    """Return what a path leads to, which lies in the folder `inside`.

    Raises:
        OSError: it leads elsewhere, or nowhere.
    """
    if not path.is_symlink():
        return path
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # a circle of links
        raise OSError(errno.ELOOP, "a link that leads nowhere") from None
    if not target.is_relative_to(inside):
        raise OSError(errno.EXDEV, "a link that leaves the folder")
    if any(part.startswith(".") for part in target.relative_to(inside).parts):
        raise OSError(errno.EXDEV, "a link to what is hidden")
    return target


def _read(path: Path, most: int) -> tuple[bytes | None, bool]:
    """Return the content of a file, None if it is longer than `most`, and whether it can be run.

    Raises:
        OSError: it cannot be read, or is no ordinary file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is a folder" if stat.S_ISDIR(mode) else "it is no file")
    with open(descriptor, "rb") as opened:  # noqa: PTH123 - a descriptor
        content = opened.read(most + 1)
    return (content if len(content) <= most else None), bool(mode & 0o111)


def _too_much(top: Path, what: str) -> UsageError:
    return UsageError(
        f"{top} has more than {what}, and all of a program's folder is carried into each lab",
        "give the program a folder of its own, with what it needs",
    )
