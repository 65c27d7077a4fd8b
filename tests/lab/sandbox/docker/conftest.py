"""An engine with current images, or a reason why not."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest

from lab.client import Client, prepare
from lab.errors import UnfitError
from lab.sandbox.docker import images
from lab.sandbox.docker.backend import DockerBackend, DockerLab
from lab.sandbox.docker.engine import connect
from lab.sandbox.interface import LabSpec
from lab.spec.client import ClientSpec


@pytest.fixture(scope="session")
def engine(lab_spec: LabSpec) -> Iterator[docker.DockerClient]:
    """The engine of this machine, with images of what is being tested."""
    try:
        client = connect(timeout=300)
    except UnfitError as error:
        pytest.skip(str(error))
    go = lab_spec.toolchain.version
    missing = images.missing(client, go)
    for role in images.ROLES:
        if any(role in problem for problem in missing):
            images.build(client, role, go if role == "client" else "")
    yield client
    client.close()


@pytest.fixture(scope="module")
def backend(engine: docker.DockerClient) -> Iterator[DockerBackend]:
    place = DockerBackend()
    yield place
    place.close()


@pytest.fixture(scope="module")
def docker_lab(backend: DockerBackend, lab_spec: LabSpec) -> Iterator[DockerLab]:
    """A lab for the tests of one module."""
    with backend.start(lab_spec) as lab:
        lab.edge.arm([])
        yield lab


@pytest.fixture
def docker_client(docker_lab: DockerLab, lab_spec: LabSpec) -> Client:
    env = {"GOPROXY": "https://proxy.golang.org"}
    return prepare(docker_lab, lab_spec, ClientSpec(env=env))
