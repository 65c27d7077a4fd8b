"""The report as JSON, `golab.report/1`."""

from __future__ import annotations

import sys
from pathlib import Path

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
    from lab.results.files import read as read_json

    return read_json(path, Report, "report", longest=_LONGEST)
