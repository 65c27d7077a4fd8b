"""Reads a scenario file whose record may be missing, and writes it with one, or not at all."""

from __future__ import annotations

import difflib
import errno
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from faults.yamlsource import parse
from lab.errors import UsageError
from lab.recording.edits import edits
from lab.recording.measured import Data
from lab.recording.text import changed
from lab.results.model import RunResult
from lab.scenario.expand import Cell, cells
from lab.scenario.load import Loaded, load, unrecorded


@dataclass(frozen=True)
class Opened:
    """A file as it was when its recording began."""

    path: Path
    text: bytes
    data: Data
    loaded: Loaded
    cells: list[Cell]


@dataclass(frozen=True)
class Change:
    """What a file is to become."""

    opened: Opened
    text: str

    @property
    def diff(self) -> str:
        """The difference, as `diff -u` shows it; '' if there is none."""
        old = self.opened.text.decode("utf-8-sig").splitlines(keepends=True)
        new = self.text.splitlines(keepends=True)
        name = str(self.opened.path)
        return "".join(difflib.unified_diff(old, new, name, name))


def opened(path: Path) -> Opened:
    """Open a scenario file in which expectations and outcomes may be missing.

    Raises:
        ScenarioError: it is not valid.
        UsageError: it cannot be written to.
    """
    loaded = load(path, source=unrecorded)
    if not os.access(path, os.W_OK) or not os.access(path.resolve().parent, os.W_OK):
        raise _unwritable(path, os.strerror(errno.EACCES))
    text = path.read_bytes()
    source = parse(text.decode("utf-8-sig"), str(path))
    return Opened(path, text, source.data, loaded, cells(unrecorded(source)))


def recorded(
    file: Opened, results: Mapping[str | None, RunResult], *, asked: bool = False
) -> Change:
    """Return what a file has to say, for it to be what was measured; `asked`: of whom, too.

    Raises:
        ScenarioError: the file would not be valid; it is left as it is.
    """
    values = edits(file.data, file.cells, results, asked=asked)
    text = file.text.decode("utf-8-sig")
    if values:
        text = changed(text, values)
        with tempfile.TemporaryDirectory() as folder:
            trial = Path(folder) / file.path.name
            trial.write_text(text, encoding="utf-8")
            load(trial, name=f"{file.path} (as it would be written)")
    return Change(file, text)


def write(change: Change) -> None:
    """Write what was measured, if the file is still what it was.

    Raises:
        UsageError: it was changed meanwhile, or cannot be written; it is left as it is.
    """
    path = change.opened.path.resolve()
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".golab-") as folder:
            new = Path(folder) / path.name
            new.write_bytes(change.text.encode())
            new.chmod(path.stat().st_mode & 0o7777)
            if path.read_bytes() != change.opened.text:
                said = f"{change.opened.path} was changed meanwhile: nothing is written to it"
                raise UsageError(f"{said}; record it again")
            new.replace(path)
    except OSError as error:
        raise _unwritable(path, error.strerror) from None


def _unwritable(path: Path, why: str | None) -> UsageError:
    return UsageError(f"{path}: the record cannot be written: {str(why).lower()}")
