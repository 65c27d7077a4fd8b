"""Unless told, golab takes docker where that is ready, else local, and says which and why."""

from __future__ import annotations

import os
import subprocess
import sys

import docker
import pytest


def chosen(**env: str) -> str:
    command = [sys.executable, "-m", "lab", "run", "auth-fallback", "--backend", "auto"]
    done = subprocess.run(
        command, env={**os.environ, **env}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    backend = "docker" if ", docker, " in done.stdout else "local"
    assert f", {backend}, " in done.stdout
    assert done.stderr.startswith(f"golab: backend {backend}: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_no_engine_answers() -> None:
    said = chosen(DOCKER_HOST="tcp://127.0.0.1:1")
    assert said == (
        "golab: backend local: no Docker engine answers at tcp://127.0.0.1:1 (connection refused)\n"
    )


@pytest.mark.docker
def test_an_engine_with_current_images(engine: docker.DockerClient) -> None:
    assert chosen() == "golab: backend docker: an engine answers and its images are current\n"
