"""Reports on their way into files, which may turn out not to be writable."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from lab.errors import UsageError


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
    raise unwritable(file, os.strerror(problem))


def put(text: str, file: str) -> None:
    """Write a report to a file.

    Raises:
        UsageError: the file cannot be written.
    """
    path = Path(file)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        if path.is_file() and not path.is_symlink():  # half a report is none; /dev/stdout stays
            path.unlink()
        raise unwritable(file, error.strerror) from None


def unwritable(file: str, why: str | None) -> UsageError:
    """Return what to say of a file that cannot be written."""
    return UsageError(f"the report cannot be written to {file}: {why}")
