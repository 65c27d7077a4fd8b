"""Where golab keeps things: its cache, and the data files that travel with it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import platformdirs

from lab.errors import UnfitError

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where a client's programs are looked up, behind those of Go."""


def cache_root() -> Path:
    """Return golab's cache directory: $GOLAB_CACHE, or the platform's place for caches.

    Raises:
        UnfitError: neither is there.
    """
    if chosen := os.environ.get("GOLAB_CACHE"):
        return Path(chosen).absolute()
    try:
        found = platformdirs.user_cache_path("golab")
    except RuntimeError:  # some versions of platformdirs; the others leave the `~` there
        found = Path("~")
    if not found.is_absolute():
        said = "golab has no place for its cache: this account has no home directory"
        raise UnfitError(said, "set HOME, or GOLAB_CACHE, to a directory you may write to")
    return found


def cache_remedy(error: OSError) -> str:
    """Say what to do where the cache could not be written to."""
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "set GOLAB_CACHE to a directory you may write to"
    return "make room there, or set GOLAB_CACHE to another directory"


def home() -> Path | None:
    """Return the user's home directory, None for an account without one."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def scenarios_root() -> Path:
    """Return the directory of the catalogue: in the wheel, or beside `lab` in a checkout."""
    here = Path(__file__).resolve().parent
    packed = here / "_data" / "scenarios"
    return packed if packed.is_dir() else here.parent / "scenarios"


def images_root() -> Path:
    """Return the directory of the Dockerfiles: in the wheel, or beside `lab` in a checkout."""
    here = Path(__file__).resolve().parent
    packed = here / "_data" / "images"
    return packed if packed.is_dir() else here.parent / "images"
