from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.client import Client, prepare
from lab.go.toolchain import ensure
from lab.sandbox.choose import open_backend
from lab.sandbox.interface import LabSpec
from lab.sandbox.local.backend import LocalLab
from lab.spec.client import ClientSpec
from lab.world.build import build
from lab.world.load import base_world


@pytest.fixture(scope="session")
def lab_spec() -> LabSpec:
    return LabSpec(name="test", tree=build(base_world()), toolchain=ensure())


@pytest.fixture(scope="module")
def running_lab(lab_spec: LabSpec) -> Iterator[LocalLab]:
    """A lab for the tests of one module, with no faults in it."""
    with open_backend("local") as backend, backend.start(lab_spec) as lab:
        assert isinstance(lab, LocalLab)
        lab.edge.arm([])
        yield lab


@pytest.fixture
def client(running_lab: LocalLab, lab_spec: LabSpec) -> Client:
    """A fresh client in that lab."""
    env = {"GOPROXY": "https://proxy.golang.org"}
    return prepare(running_lab, lab_spec, ClientSpec(env=env))
