"""What can be wrong with an engine, its images or its networks: one line each, with the way out."""

from __future__ import annotations

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import docker
import pytest

from lab.errors import LabError, UsageError
from lab.sandbox.docker import images, labels, networks, sweep
from lab.sandbox.docker.backend import DockerBackend
from lab.sandbox.interface import LabSpec
from tests.lab.sandbox.docker import ways
from tests.lab.sandbox.docker.things import things


def golab(*args: str, **env: str) -> tuple[int, str]:
    """Run golab, and return its exit status and its one line of standard error."""
    done = ways.golab(*args, **env)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.returncode, done.stderr


def run(*args: str, **env: str) -> tuple[int, str]:
    return golab(*ways.RUN, *args, **env)


@pytest.mark.parametrize("host", ["unix:///nonexistent/docker.sock", "tcp://127.0.0.1:1"])
def test_no_engine(host: str) -> None:
    status, said = run(DOCKER_HOST=host)
    assert status == 3
    assert f"no Docker engine answers at {host}" in said
    assert "--backend local" in said


def test_no_such_context() -> None:
    status, said = run(DOCKER_HOST="", DOCKER_CONTEXT="no-such")
    assert (status, "there is no Docker context no-such" in said) == (3, True)


class _Old(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"Version": "17.05", "ApiVersion": "1.29", "MinAPIVersion": "1.12"})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


def test_an_engine_that_is_too_old() -> None:
    with HTTPServer(("127.0.0.1", 0), _Old) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        status, said = run(DOCKER_HOST=f"tcp://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert (status, "is too old (API 1.29" in said) == (3, True), said


@pytest.mark.docker
def test_an_image_that_is_missing(engine: docker.DockerClient) -> None:
    if any(image.go == "1.21.13" for image in images.every(engine)):
        pytest.skip("there is a client image for go 1.21.13")
    (row,) = images.missing(engine, "1.21.13")
    assert row == "golab/client:1.21.13 is missing"
    with pytest.raises(LabError, match=r"`golab images build --go 1.21.13` builds it"):
        images.check(engine, "1.21.13")


@pytest.mark.docker
def test_an_image_that_is_stale(engine: docker.DockerClient) -> None:
    text = f"FROM {images.BASE}\nLABEL {labels.ROLE}=client {labels.GO}=0.0 {labels.CONTENT}=old\n"
    engine.images.build(fileobj=io.BytesIO(text.encode()), tag="golab/client:0.0", rm=True)
    try:
        assert images.missing(engine, "0.0") == ["golab/client:0.0 is stale"]
    finally:
        engine.images.remove("golab/client:0.0")


@pytest.mark.docker
def test_a_base_that_cannot_be_pulled(engine: docker.DockerClient) -> None:
    base = "golab.invalid/nothing:1"
    status, said = golab("images", "build", "--base", base)
    assert status == 3
    assert f"the base image {base} cannot be pulled" in said
    assert "`--base` takes another" in said


@pytest.mark.docker
def test_subnets_that_are_none_or_used_up(
    engine: docker.DockerClient, lab_spec: LabSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(GOLAB_DOCKER_SUBNETS="10.0.0.0/99")[0] == 2
    monkeypatch.setenv(networks.VARIABLE, "10.212.0.0/28")
    with pytest.raises(UsageError, match="no room for one lab"):
        networks.pool()
    monkeypatch.setenv(networks.VARIABLE, "10.212.0.0/27")
    before = things(engine)
    backend = DockerBackend()
    with backend.start(lab_spec) as first:
        with pytest.raises(LabError, match=r"every subnet of 10\.212\.0\.0/27 is in use"):
            backend.start(lab_spec)
        assert [lab.id for lab in sweep.every(engine, first.id)] == [first.id]
    assert things(engine) <= before
    backend.close()


@pytest.mark.docker
def test_a_name_in_use(
    engine: docker.DockerClient,
    backend: DockerBackend,
    lab_spec: LabSpec,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "c0ffee")
    before = things(engine)
    foreign = engine.containers.create(images.BASE, "true", name="golab-test-c0ffee-edge")
    try:
        with pytest.raises(LabError) as caught:
            backend.start(lab_spec)
        said = str(caught.value)
        assert said.startswith("making the container golab-test-c0ffee-edge: Conflict.")
        assert "is already in use" in said
        assert said.endswith("`golab prune` removes what golab left")
        assert things(engine) <= before
        foreign.reload()
    finally:
        foreign.remove()


@pytest.mark.docker
@pytest.mark.parametrize("kind", ["unix", "tcp"])
def test_an_engine_that_goes_in_the_middle(
    engine: docker.DockerClient, tmp_path: Path, kind: str
) -> None:
    ours = "tcp" if kind == "tcp" else tmp_path / "relay.sock"
    with ways.relayed(ours, ways.engine_socket()) as (address, relay):
        process = ways.begun(engine, DOCKER_HOST=address)
        relay.kill()
        ways.lost(engine, process)
