"""Whenever golab is ended, and however, nothing of a lab is left: processes, mounts, files."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lab.golab import COMMAND

REAPER = Path(__file__).with_name("reaper.py")
SEED = 20_261


def ended(kind: str, delay: float, tmp_path: Path, *args: str) -> dict[str, Any]:
    """Run golab in empty directories, end it after `delay` seconds, and say what is left.

    Interrupts are counted from when golab heeds them: Python's own start is not its to handle.
    """
    folders = {name: tmp_path / name for name in ("cwd", "tmp", "home")}
    for folder in folders.values():
        folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, REAPER, kind, str(delay), COMMAND, *args],
        cwd=folders["cwd"],
        env={**os.environ, "TMPDIR": str(folders["tmp"]), "HOME": str(folders["home"])},
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout)
    result["files"] = [str(path) for folder in folders.values() for path in folder.rglob("*")]
    return result


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Toolchain and worlds are kept where they are; HOME may be anything."""
    from lab.paths import cache_root

    monkeypatch.setenv("GOLAB_CACHE", str(cache_root()))


@pytest.mark.parametrize("times", [2, pytest.param(12, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["kill", "interrupt"])
def test_nothing_is_left_behind_at_any_moment(kind: str, times: int, tmp_path: Path) -> None:
    moments = random.Random(f"{SEED}-{kind}-{times}")
    for delay in [moments.uniform(0, 1.4) for _ in range(times)]:
        result = ended(kind, delay, tmp_path, "run", "stale-list")
        where = f"{kind} after {delay:.3f} s: {result}"
        assert result["left"] == 0, where
        assert result["mounts"], where
        assert not result["files"], where
        assert "Traceback" not in result["stderr"], where


@pytest.mark.parametrize("kind", ["kill", "interrupt"])
def test_nothing_is_left_of_several_labs_with_hanging_clients(kind: str, tmp_path: Path) -> None:
    args = ("run", "proxy-timeout", "dns-failure", "--jobs", "3")
    result = ended(kind, 1.5, tmp_path, *args)
    assert result["exit"] == (-9 if kind == "kill" else 130), result
    assert (result["left"], result["mounts"], result["files"]) == (0, True, []), result


def test_an_interrupt_is_one_line_and_130(tmp_path: Path) -> None:
    result = ended("interrupt", 0.7, tmp_path, "run", "proxy-timeout/mute")
    assert result["exit"] == 130
    assert result["stderr"].strip() == "golab: interrupted; nothing is left behind"


def test_a_run_to_its_end_leaves_nothing(tmp_path: Path) -> None:
    result = ended("interrupt", 60, tmp_path, "run", "auth-fallback")
    assert result["exit"] == 0
    assert (result["left"], result["mounts"], result["files"]) == (0, True, [])
