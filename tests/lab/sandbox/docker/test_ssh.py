"""An engine behind ssh://, through an sshd of our own on this machine."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from tests.lab.sandbox.docker.ways import (
    Server,
    begun,
    engine_socket,
    free_port,
    lost,
    new_key,
    nothing_left,
    refused,
    reproduced,
)


@pytest.fixture(scope="module")
def server(
    engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """An sshd before this machine's engine, which allows too few sessions for one lab."""
    path = engine_socket()
    started = Server(tmp_path_factory.mktemp("sshd"), f"unix://{path}", sessions=4)
    yield started
    started.stop()


@pytest.fixture
def nowhere(tmp_path: Path) -> Iterator[Server]:
    """An sshd where there is no engine."""
    started = Server(tmp_path, "unix:///nonexistent/docker.sock")
    yield started
    started.stop()


@pytest.mark.docker
def test_a_run_in_more_sessions_than_one_connection_has(server: Server) -> None:
    reproduced(**server.env)


@pytest.mark.docker
def test_containers_end_when_golab_is_killed(engine: docker.DockerClient, server: Server) -> None:
    process = begun(engine, **server.env)
    process.kill()
    process.communicate()
    nothing_left(engine, process.pid)


@pytest.mark.docker
def test_containers_end_when_the_connection_does(
    engine: docker.DockerClient, tmp_path: Path
) -> None:
    server = Server(tmp_path, f"unix://{engine_socket()}")
    try:
        process = begun(engine, **server.env)
    finally:
        server.stop()
    lost(engine, process)


def test_no_engine_at_the_other_end(nowhere: Server) -> None:
    said = refused(**nowhere.env)
    assert f"no Docker engine answers at {nowhere.address}" in said
    assert "`docker system dial-stdio` there says: " in said


def test_a_host_that_is_not_known(nowhere: Server) -> None:
    (nowhere.home / ".ssh" / "known_hosts").unlink()
    assert "is not in ~/.ssh/known_hosts; `ssh ssh://" in refused(**nowhere.env)


def test_a_host_key_that_is_another(nowhere: Server, tmp_path: Path) -> None:
    new_key(tmp_path / "another")
    nowhere.knows(tmp_path / "another")
    assert "is not the one in ~/.ssh/known_hosts: somebody may be" in refused(**nowhere.env)


def test_keys_that_are_not_accepted_or_locked(nowhere: Server) -> None:
    key = nowhere.home / ".ssh" / "id_ed25519"
    key.unlink()
    new_key(key)
    assert "accepts none of your SSH keys; `ssh-add` one" in refused(**nowhere.env)
    key.unlink()
    new_key(key, "a passphrase")
    assert "has a passphrase; `ssh-add` hands it to the agent" in refused(**nowhere.env)


def test_a_host_of_the_ssh_configuration(nowhere: Server) -> None:
    keys = nowhere.home / ".ssh"
    (keys / "id_ed25519").rename(keys / "other")
    (keys / "config").write_text(
        f"Host lab\n  HostName 127.0.0.1\n  Port {nowhere.port}\n  User {getpass.getuser()}\n"
        "  IdentityFile ~/.ssh/other\n"
    )
    said = refused(**{**nowhere.env, "DOCKER_HOST": "ssh://lab"})
    assert "`docker system dial-stdio` there says: " in said


def test_what_is_no_ssh_server() -> None:
    pytest.importorskip("paramiko", reason="paramiko is missing: pip install '.[ssh]'")
    nobody = f"ssh://somebody@127.0.0.1:{free_port()}"
    assert f"no Docker engine answers at {nobody} (unable to connect" in refused(DOCKER_HOST=nobody)


def test_without_paramiko(tmp_path: Path) -> None:
    (tmp_path / "paramiko.py").write_text("raise ImportError('not installed')")
    path = f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"
    said = refused(DOCKER_HOST="ssh://somebody@127.0.0.1", PYTHONPATH=path)
    assert "needs paramiko; `python3 -m pip install 'docker[ssh]'` installs it" in said
