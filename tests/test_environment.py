"""The tests are the same tests whatever somebody's shell has set, and whichever Go it finds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SET = """
GOPROXY=off GOFLAGS=-mod=vendor GOTOOLCHAIN=go1.99.9 GOSUMDB=off GOENV=/nowhere GOROOT=/nowhere
GOPRIVATE=* GO111MODULE=off HTTP_PROXY=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9
NO_COLOR=1 FORCE_COLOR=1 COLUMNS=20 LINES=3 TERM=vt52 GIT_DIR=/nowhere CURL_HOME=/nowhere
LC_ALL=C PYTHONPATH=/nowhere GOLAB_BACKEND=docker
"""
TESTS = [
    "tests/test_docs.py",
    "tests/lab/cli/test_cli.py",
    "tests/lab/origin/test_go.py",
    "tests/lab/origin/test_direct.py",
    "tests/lab/edge",
    "tests/faults/actions/test_five_faults.py",
]


@pytest.mark.whole
@pytest.mark.timeout(600)
def test_tests_pass_whatever_is_set(tmp_path: Path) -> None:
    other = tmp_path / "go"
    other.write_text("#!/bin/sh\nprintf 'go1.22.0\\n/nowhere\\n'\n")
    other.chmod(0o755)
    env = {**os.environ, **dict(each.split("=", 1) for each in SET.split())}
    env["PATH"] = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-q", *TESTS],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
