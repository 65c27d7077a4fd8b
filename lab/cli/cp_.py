"""`golab cp`: copy a file into a lab that is up, or out of it."""

from __future__ import annotations

import re
import sys
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import click

from lab.cli import complete, say
from lab.errors import OK, UsageError


class _There(NamedTuple):
    """A file of a lab's client; a relative path is below its project."""

    lab: str
    path: str


@click.command("cp")
@click.argument("source", metavar="FILE | LAB:PATH", shell_complete=complete.files)
@click.argument("target", metavar="LAB:PATH | FILE", shell_complete=complete.files)
def command(source: str, target: str) -> int:
    """Copy a file, or a folder with what is in it, into a lab; or a file out of one.

    PATH is below the client's project, unless it begins with a slash. Nothing, or a slash at its
    end, is a folder that the file keeps its name in. As FILE, - is standard output.

    It is the client that reads and writes in the lab, with no more rights than it has.
    """
    into, out_of = _there(target), _there(source)
    if into and not out_of:
        return _put(source, into)
    if out_of and not into:
        return _fetch(out_of, target)
    raise UsageError("one of the two is in a lab: golab cp FILE LAB:PATH, or LAB:PATH FILE")


def _there(text: str) -> _There | None:
    found = re.fullmatch(r"([^/:]+):(.*)", text, re.DOTALL)
    return _There(found[1], found[2]) if found else None


def _put(source: str, target: _There) -> int:
    from lab import carried
    from lab.daemon import client, registry

    lab = registry.find(target.lab)
    path = Path(source)
    found = carried.folder(path) if path.is_dir() else carried.file(path)
    for line in found.left_out:
        say(line)
    folder, files, programs = target.path, found.files, found.programs
    if not path.is_dir() and folder.rpartition("/")[2] not in ("", ".", ".."):  # another name
        folder, _, name = target.path.rpartition("/")
        folder = folder or ("/" if target.path.startswith("/") else "")
        files, programs = {name: files[path.name]}, frozenset({name} if programs else ())
    client.ask(lab, "write", folder=folder, files=dict(files), programs=sorted(programs))
    return OK


def _fetch(source: _There, target: str) -> int:
    from lab.daemon import client, registry

    content: bytes = client.ask(registry.find(source.lab), "read", path=source.path)
    if target == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return OK
    path = Path(target)
    if path.is_dir():
        path /= PurePosixPath(source.path).name  # it is that of a file, which was read
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    return OK
