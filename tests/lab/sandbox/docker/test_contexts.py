"""Docker contexts, made by the real `docker` command; golab reads them, and calls no program."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import docker
import pytest

from lab.errors import UnfitError
from lab.sandbox.docker import where
from tests.lab.sandbox.docker.ways import (
    certificates,
    engine_socket,
    golab,
    refused,
    relayed,
    reproduced,
)
from tests.programs import needed


@pytest.fixture(autouse=True)
def configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    place = tmp_path / "docker"
    monkeypatch.setenv("DOCKER_CONFIG", str(place))
    return place


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.delenv("DOCKER_CONTEXT", raising=False)


def command(*args: str) -> None:
    env = {name: text for name, text in os.environ.items() if name != "DOCKER_HOST"}
    program = needed("docker")
    subprocess.run([program, "context", *args], env=env, check=True, capture_output=True)


def create(name: str, address: str, *more: str) -> None:
    command("create", name, "--docker", ",".join([f"host={address}", *more]))


@pytest.mark.docker
def test_a_context_by_name_and_in_use(engine: docker.DockerClient, configuration: Path) -> None:
    with relayed("tcp", engine_socket()) as (address, _):
        create("elsewhere", address)
        assert not (configuration / "config.json").exists()
        done = golab("images", "list", DOCKER_HOST="", DOCKER_CONTEXT="elsewhere")
        assert (done.returncode, done.stderr) == (0, "")
        command("use", "elsewhere")
        reproduced(DOCKER_HOST="")


@pytest.mark.docker
def test_a_context_with_tls(engine: docker.DockerClient, tmp_path: Path) -> None:
    files = certificates(tmp_path)
    with relayed("tcp", engine_socket(), files) as (address, _):
        own = [f"cert={files}/cert.pem", f"key={files}/key.pem"]
        create("verified", address, f"ca={files}/ca.pem", *own)
        reproduced(DOCKER_HOST="", DOCKER_CONTEXT="verified")
        create("unverified", address, "skip-tls-verify=true", *own)
        done = golab("images", "list", DOCKER_HOST="", DOCKER_CONTEXT="unverified")
        assert (done.returncode, done.stderr) == (0, "")
        create("no-authority", address, *own)
        said = refused(DOCKER_HOST="", DOCKER_CONTEXT="no-authority")
        assert "is not to be trusted" in said
        create("no-client", address, f"ca={files}/ca.pem")
        said = refused(DOCKER_HOST="", DOCKER_CONTEXT="no-client")
        assert "does not accept this client" in said


@pytest.mark.usefixtures("unset")
def test_which_is_in_force(configuration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create("one", "tcp://one:1")
    create("two", "ssh://two")
    command("use", "one")
    assert where.endpoint() == where.Endpoint(
        "tcp://one:1", certificates=tls_directory(configuration, "one")
    )
    monkeypatch.setenv("DOCKER_CONTEXT", "two")
    found = where.endpoint()
    assert found
    assert found.address == "ssh://two"
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    assert where.context() == ""
    monkeypatch.setenv("DOCKER_CONTEXT", "two")
    monkeypatch.setenv("DOCKER_HOST", "tcp://three:3")
    found = where.endpoint()
    assert found
    assert found.address == "tcp://three:3"


def tls_directory(configuration: Path, name: str) -> Path:
    import hashlib

    number = hashlib.sha256(name.encode()).hexdigest()
    return configuration / "contexts" / "tls" / number / "docker"


@pytest.mark.usefixtures("unset")
def test_a_context_that_is_damaged(configuration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create("one", "tcp://one:1")
    (settings,) = configuration.rglob("meta.json")
    monkeypatch.setenv("DOCKER_CONTEXT", "one")
    for text in ("{", "[]", '{"Endpoints": {"docker": []}}', '{"Endpoints": {}}'):
        settings.write_text(text)
        with pytest.raises(UnfitError, match="the Docker context one names no engine"):
            where.endpoint()
