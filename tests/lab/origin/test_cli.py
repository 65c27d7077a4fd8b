"""`golab origin serve` as its users meet it: a process, its output, Ctrl-C."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from lab.go.toolchain import Toolchain
from lab.world.load import base_world
from tests.lab.origin.asking import Client

SERVE = [
    sys.executable,
    "-c",
    "import sys; from lab.cli import main; sys.exit(main())",
    "origin",
    "serve",
]


@contextmanager
def serving(cache: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "GOLAB_CACHE": str(cache), "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(
        [*SERVE, *options], env=environment, cwd="/", stdout=subprocess.PIPE, text=True,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=10)
            assert (process.returncode, errors) in ((0, ""), (2, ""))


def environment_of(process: subprocess.Popen[str]) -> dict[str, str]:
    """Read what is printed up to the comment that ends it, as a shell would."""
    assert process.stdout
    found: dict[str, str] = {}
    for line in iter(process.stdout.readline, ""):
        if line.startswith("#"):
            return found
        word, assignment = shlex.split(line)
        assert word == "export"
        name, _, value = assignment.partition("=")
        found[name] = value
    raise AssertionError(f"it ended after {found}")


@pytest.mark.parametrize("options", [[], ["--tls"]])
def test_a_go_project_lives_from_it(
    toolchain: Toolchain, tmp_path: Path, project: Path, options: list[str]
) -> None:
    with serving(tmp_path / "cache", *options) as process:
        env = environment_of(process)
        client = Client(toolchain.goroot, tmp_path, project, env)
        done = client("get", "github.com/spf13/cobra@latest")
        assert done.returncode == 0, done.stderr
        assert "github.com/spf13/cobra v1.8.1 h1:" in (project / "go.sum").read_text()
        cached = tmp_path / "cache/serve"
        assert next(cached.rglob("github.com/spf13/cobra@v1.8.1"))
        if "--tls" in options:
            valid = base_world().credentials["valid"]
            client.netrc(env["GOPROXY"].removeprefix("https://"), valid)
            assert client.download("git.corp.example/lib@latest")["Version"] == "v1.1.0"
            done = client("get", "github.com/gorilla/mux@latest", GOPROXY="direct")
            assert done.returncode == 0, done.stderr
            wrong = replace(client, env={**env, "GOPROXY": "https://elsewhere.example"})
            assert "Forbidden" in wrong("get", "github.com/gorilla/mux@v1.7.3").stderr


def test_json_is_one_object(tmp_path: Path) -> None:
    with serving(tmp_path, "--json") as process:
        assert process.stdout
        text = ""
        while not text.endswith("}\n"):
            text += process.stdout.readline()
        assert json.loads(text)["GOPROXY"].startswith("http://127.0.0.1:")


def test_a_world_file_is_laid_over_the_base_world(
    toolchain: Toolchain, tmp_path: Path, project: Path
) -> None:
    world = tmp_path / "world.yaml"
    world.write_text("modules: {example.com/mine: {versions: [v0.1.0]}}\n")
    with serving(tmp_path / "cache", "--world", str(world)) as process:
        client = Client(toolchain.goroot, tmp_path, project, environment_of(process))
        assert client.download("example.com/mine@latest")["Version"] == "v0.1.0"
        assert client.download("rsc.io/quote@latest")["Version"] == "v1.5.2"


def test_what_cannot_be_served_is_said_in_a_line(tmp_path: Path) -> None:
    def refused(*options: str) -> str:
        environment = {**os.environ, "GOLAB_CACHE": str(tmp_path)}
        done = subprocess.run(
            [*SERVE, *options], env=environment, capture_output=True, text=True, timeout=20
        )
        assert (done.returncode, done.stdout) == (2, "")
        return done.stderr

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "choose another with --port" in refused("--port", port)
    (tmp_path / "bad.yaml").write_text("modules:\n  example.com/a: {versions: [1.0.0]}\n")
    said = refused("--world", str(tmp_path / "bad.yaml"))
    assert "bad.yaml:2:30: '1.0.0' is not a semantic version like v1.2.3; write v in front" in said
    assert "cannot be read" in refused("--world", str(tmp_path / "none.yaml"))
