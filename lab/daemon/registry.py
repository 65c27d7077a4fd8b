"""The labs that are held open on this machine, and how a user names one."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError, UsageError


@dataclass(frozen=True)
class Held:
    """A lab that is held open.

    Attributes:
        id: six hexadecimal digits.
        scenario: `id`, or `id/variant`.
        arm: healthy, broken or repaired.
        backend: local or docker.
        go: the version of its Go.
        since: when it came up (RFC 3339, UTC).
        pid: the process that holds it.
    """

    id: str
    scenario: str
    arm: str
    backend: str
    go: str
    since: str
    pid: int

    @property
    def door(self) -> Path:
        """The socket of its holder."""
        return folder() / f"{self.id}.sock"


_LONGEST = 107 - len("/123456789012.sock")
"""Bytes of a directory with sockets in it: an address has 107 (unix(7))."""


def folder() -> Path:
    """Return the directory in which holders are found: this user's, and no other's.

    It is below XDG_RUNTIME_DIR, or where temporary files are if that is not set or so long that a
    socket cannot have an address in it.

    Raises:
        LabError: somebody else has it, or it cannot be made.
    """
    name = f"golab-{os.getuid()}"
    chosen = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / name
    if len(os.fsencode(chosen)) > _LONGEST:
        chosen = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(chosen)) > _LONGEST:
        raise LabError(f"{chosen} is too long for a socket; set TMPDIR to a shorter directory")
    try:
        chosen.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        way_out = "set XDG_RUNTIME_DIR, or TMPDIR, to a directory you may write to"
        raise LabError(f"{chosen} cannot be made: {error.strerror}", way_out) from None
    status = chosen.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise LabError(f"{chosen} is not ours alone; remove it")
    return chosen


def held() -> list[Held]:
    """Return the labs that are held open on this machine; forget those whose holder has gone.

    A holder need not answer to be there: see `lab.daemon.client.is_mute`.
    """
    found = []
    for note in sorted(folder().glob("*.json")):
        try:
            with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(BlockingIOError):
                probe.setblocking(False)  # where many wait to be heard, somebody has the socket
                probe.connect(str(note.with_suffix(".sock")))
            found.append(Held(**json.loads(note.read_text())))
        except (ConnectionError, FileNotFoundError):
            note.unlink(missing_ok=True)
            note.with_suffix(".sock").unlink(missing_ok=True)
        except (ValueError, TypeError):  # of another version of golab, whose lab it is
            continue
    return found


def find(name: str) -> Held:
    """Return the lab that is meant: by its id or the beginning of it, or by its scenario.

    Raises:
        UsageError: there is none, or there are several.
    """
    labs = held()
    chosen = {lab.id for lab in labs if name in (lab.scenario, lab.scenario.partition("/")[0])}
    fitting = [lab for lab in labs if lab.id in (chosen or fitting_ids(name, (x.id for x in labs)))]
    if not labs:
        raise UsageError(f"no lab {name!r} is up, nor any other; `golab up SCENARIO` starts one")
    if not fitting:
        known = ", ".join(f"{lab.id} ({lab.scenario})" for lab in labs)
        raise UsageError(f"no lab {name!r} is up; there are: {known}")
    if len(fitting) > 1:
        ids = ", ".join(f"{lab.id} ({lab.scenario}, {lab.arm})" for lab in fitting)
        raise UsageError(f"{name} may be any of {len(fitting)} labs: say which, of {ids}")
    return fitting[0]


def fitting_ids(name: str, ids: Iterable[str]) -> set[str]:
    """Return which ids begin with `name`; it alone if it is one of them."""
    fitting = {one for one in ids if name and one.startswith(name)}
    return {name} if name in fitting else fitting
