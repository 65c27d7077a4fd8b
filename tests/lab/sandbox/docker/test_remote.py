"""An engine behind tcp://, with TLS or without, and one that may not be used."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import docker
import pytest
import trustme
from docker.errors import APIError

from lab.errors import UnfitError
from lab.sandbox.docker.refusals import why_not
from lab.sandbox.docker.where import Endpoint
from tests.lab.sandbox.docker.ways import (
    COMMAND,
    RUN,
    certificates,
    engine_socket,
    refused,
    relayed,
    reproduced,
)


@pytest.mark.docker
def test_tcp(engine: docker.DockerClient) -> None:
    with relayed("tcp", engine_socket()) as (address, _):
        reproduced(DOCKER_HOST=address)


@pytest.mark.docker
def test_tls_with_the_engines_own_authority(engine: docker.DockerClient, tmp_path: Path) -> None:
    """A bundle for the machine's HTTPS, which requests would prefer, is not the engine's."""
    files = certificates(tmp_path)
    trustme.CA().cert_pem.write_to_path(tmp_path / "bundle.pem")
    with relayed("tcp", engine_socket(), files) as (address, _):
        reproduced(
            DOCKER_HOST=address,
            DOCKER_TLS_VERIFY="1",
            DOCKER_CERT_PATH=str(files),
            REQUESTS_CA_BUNDLE=str(tmp_path / "bundle.pem"),
        )


def test_tls_refusals(tmp_path: Path) -> None:
    files, client = certificates(tmp_path), tmp_path / "client"
    client.mkdir()
    tls = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(client)}
    nobody = str(tmp_path / "nobody.sock")
    with relayed("tcp", nobody, files) as (address, _):
        said = refused(DOCKER_HOST=address, **tls)
        assert f"DOCKER_CERT_PATH={client} has neither ca.pem nor cert.pem" in said

        trustme.CA().cert_pem.write_to_path(client / "ca.pem")
        said = refused(DOCKER_HOST=address, **tls)
        assert f"the certificate of the Docker engine at {address} is not to be trusted" in said
        assert f"its authority's ca.pem belongs into {client}" in said

        shutil.copy(files / "ca.pem", client)
        said = refused(DOCKER_HOST=address, **tls)
        assert f"the Docker engine at {address} does not accept this client" in said
        assert f"a cert.pem and key.pem of its authority belong into {client}" in said

        (client / "cert.pem").write_text("nonsense")
        (client / "key.pem").write_text("nonsense")
        assert str(client) in refused(DOCKER_HOST=address, **tls)


def test_tls_with_an_engine_that_speaks_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = f"tcp://127.0.0.1:{door.getsockname()[1]}"
        command = [*COMMAND, "images", "list"]
        env = {**os.environ, "DOCKER_HOST": address, "DOCKER_TLS_VERIFY": "1"}
        with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
            near, _ = door.accept()
            with near:
                near.recv(4096)
                near.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")
            said = process.communicate(timeout=20)[1]
    assert process.returncode == 3
    assert said.startswith(f"golab: the Docker engine at {address} speaks no TLS; ")
    assert said.count("\n") == 1


def test_an_engine_that_speaks_tls_and_was_asked_without() -> None:
    """In the words of Go's HTTP server, which an engine is."""
    error = APIError("400 Client Error: Client sent an HTTP request to an HTTPS server.")
    said = str(UnfitError(*why_not(Endpoint("tcp://engine:2376"), error)))
    assert said.startswith("the Docker engine at tcp://engine:2376 speaks TLS; set DOCKER_TLS_VER")


@pytest.mark.parametrize(
    "address", ["tcp://engine", "fish://engine:1", "tcp://engine:x", "ssh://a/b"]
)
def test_what_is_no_address(address: str) -> None:
    said = refused(DOCKER_HOST=address)
    assert said.startswith(f"golab: {address} is no address of a Docker engine; write unix:///PATH")


def test_no_permission_on_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    # Root passes every mode, unless it has not the capability to.
    without = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(path))
        door.listen()
        path.chmod(0)
        done = subprocess.run(
            [*without, *COMMAND, *RUN],
            env={**os.environ, "DOCKER_HOST": f"unix://{path}"},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 3
    assert done.stderr == (
        f"golab: no permission to use the Docker engine at unix://{path}; join the group that owns "
        "its socket, or use --backend local\n"
    )
