"""A build cache with Go's standard library, compiled once for each toolchain, in golab's own cache.

Without it `go build` of the smallest program compiles for half a minute in each arm. A client sees
it read-only, below links of its own: what it writes is in its own memory, and ends with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.errors import ToolchainError
from lab.go.toolchain import Toolchain
from lab.go.wheels import Progress
from lab.paths import SYSTEM_PATH, cache_remedy, cache_root, images_root

EXPECTED = 230_000_000
"""Bytes that it takes, about, for the progress that is shown."""

_LEFTOVER = ".build-"
_COMPILES = re.compile(r"\bgo +(-C +\S+ +)?(build|run|vet|test|install|generate|list +-export)\b")


def compiles(texts: Iterable[str]) -> bool:
    """Say whether one of these command lines has go compile something."""
    return any(_COMPILES.search(text) for text in texts)


def store() -> Path:
    """Return the directory of the build caches."""
    return cache_root() / "gocache"


def place(toolchain: Toolchain) -> Path:
    """Return where the build cache of a toolchain is, or will be.

    What go keys it by is in the name: the toolchain, and the C compiler that clients see, too.
    """
    compiler = shutil.which("gcc", path=SYSTEM_PATH)
    seen = hashlib.sha256()
    for path in (toolchain.goroot, toolchain.go, *([Path(compiler)] if compiler else [])):
        found = path.resolve().stat()
        seen.update(f"{path.resolve()} {found.st_mtime_ns} {found.st_size}\n".encode())
    return store() / f"go{toolchain.version}-{seen.hexdigest()[:12]}"


def ensure(toolchain: Toolchain, progress: Progress | None = None) -> Path:
    """Return the build cache of a toolchain, compiled if it must be; two golabs do that once.

    Args:
        toolchain: whose standard library.
        progress: called while it is compiled.

    Raises:
        ToolchainError: it could not be compiled, or there is no room for it.
    """
    target = place(toolchain)
    if target.is_dir():
        return target
    with _storing(toolchain):
        if target.is_dir():
            return target
        for leftover in store().glob(f"{_LEFTOVER}*"):  # of one that was killed: we hold the lock
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_LEFTOVER, dir=store()) as work:
            cache = _build(toolchain, Path(work), progress or (lambda *_: None))
            cache.rename(target)
    return target


def prune(kept: Iterable[Toolchain] = ()) -> list[str]:
    """Remove build caches but those of these toolchains, and what killed builds left.

    Returns:
        the names of what is gone.
    """
    if not store().is_dir():
        return []
    names = {place(toolchain).name for toolchain in kept}
    with _lock():
        gone = [path for path in store().iterdir() if path.is_dir() and path.name not in names]
        for path in gone:
            shutil.rmtree(path)
    return sorted(path.name for path in gone)


@contextmanager
def _storing(toolchain: Toolchain) -> Iterator[None]:
    try:
        store().mkdir(parents=True, exist_ok=True)
        with _lock():
            yield
    except OSError as error:
        raise ToolchainError(
            f"the standard library of Go {toolchain.version} could not be stored in {store()}: "
            f"{error.strerror or error}",
            cache_remedy(error),
        ) from None


@contextmanager
def _lock() -> Iterator[None]:
    with (store() / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(toolchain: Toolchain, work: Path, progress: Progress) -> Path:
    """Compile into a directory below `work`, by the script that makes a client image, too."""
    project, cache = work / "project", work / "cache"
    project.mkdir()
    cache.mkdir()
    environment = {
        "PATH": f"{toolchain.goroot}/bin:{SYSTEM_PATH}",
        "HOME": str(work),
        "TMPDIR": str(work),
        "GOCACHE": str(cache),
    }
    what = f"compiling the standard library of Go {toolchain.version}, once"
    command = ["sh", str(images_root() / "client" / "compile")]
    with (
        (work / "said").open("w+") as said,
        subprocess.Popen(
            command,
            cwd=project,
            env=environment,
            stdout=said,
            stderr=said,
            start_new_session=True,  # so that all of it can be ended at once
        ) as running,
    ):
        try:
            while running.poll() is None:
                progress(what, min(_bytes_below(cache), EXPECTED), EXPECTED)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    running.wait(0.5)
        except BaseException:
            os.killpg(running.pid, signal.SIGKILL)
            raise
        said.seek(0)
        lines = said.read().strip().splitlines()
    if running.returncode:
        why = lines[-1] if lines else f"exit {running.returncode}"
        raise ToolchainError(
            f"the standard library of Go {toolchain.version} could not be compiled: {why}"
        )
    progress(what, EXPECTED, EXPECTED)
    return cache


def _bytes_below(folder: Path) -> int:
    total = 0
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):  # it has just been renamed
            total += _bytes_below(Path(entry)) if entry.is_dir() else entry.stat().st_size
    return total
