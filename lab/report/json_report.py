"""The report as JSON, `golab.report/1`."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from lab.errors import UsageError
from lab.report.visible import visible_json
from lab.results import Report


def check(file: str) -> None:
    """Find out before the work what would keep a report from being written after it.

    Raises:
        UsageError: the file cannot be written.
    """
    if file == "-":
        return
    path = Path(file)
    if path.is_dir():
        problem = errno.EISDIR
    elif not path.exists() and not path.parent.is_dir():
        problem = errno.ENOENT
    elif not os.access(path if path.exists() else path.parent, os.W_OK):
        read_only = os.statvfs(path.parent).f_flag & os.ST_RDONLY
        problem = errno.EROFS if read_only else errno.EACCES
    else:
        return
    raise _unwritable(file, os.strerror(problem))


def _unwritable(file: str, why: str | None) -> UsageError:
    return UsageError(f"the report cannot be written to {file}: {why}")


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
    path = Path(file)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        if path.is_file() and not path.is_symlink():  # half a report is none; /dev/stdout stays
            path.unlink()
        raise _unwritable(file, error.strerror) from None


def read(path: Path) -> Report:
    """Read a report that golab has written.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    from pydantic import ValidationError

    try:
        return Report.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: the report cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        said = f"{place}: {first['msg']}" if place else first["msg"]
        raise UsageError(f"{path}: not a report of this golab: {said}") from None
