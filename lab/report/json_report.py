"""The report as JSON, `golab.report/1`."""

from __future__ import annotations

import sys
from pathlib import Path

from lab.errors import UsageError
from lab.report import files
from lab.report.visible import visible_json
from lab.results.model import Report

_LONGEST = 256 << 20
"""Bytes: some ten thousand runs."""


def write(report: Report, file: str) -> None:
    """Write a report to a file, or to standard output if that is `-`.

    Raises:
        UsageError: the file cannot be written.
    """
    text = visible_json(report.model_dump_json(by_alias=True, indent=2)) + "\n"
    if file == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())  # JSON is UTF-8 whatever the terminal speaks
        return
    files.put(text, file)


def read(path: Path) -> Report:
    """Read a report that golab has written.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    from pydantic import ValidationError

    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST + 1)
    except OSError as error:
        raise UsageError(f"{path}: the report cannot be read: {error.strerror}") from None
    if len(text) > _LONGEST:
        raise UsageError(f"{path}: not a report of golab: it is longer than {_LONGEST >> 20} MB")
    try:
        return Report.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        said = f"{place}: {first['msg']}" if place else first["msg"]
        raise UsageError(f"{path}: not a report of this golab: {said}") from None
