"""The report as JSON, `golab.report/1`."""

from __future__ import annotations

import sys
from pathlib import Path

from lab.errors import UsageError
from lab.report.visible import visible_json
from lab.results import Report


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
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the report cannot be written to {file}: {error.strerror}") from None
