"""One edge and one origin for all tests of the addon; each test arms its own rules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.go import toolchain
from tests.faults import edge as edges
from tests.faults import origin as origins


@pytest.fixture(scope="session")
def origin() -> Iterator[origins.Origin]:
    with origins.serve() as running:
        yield running


@pytest.fixture(scope="session")
def running_edge(
    origin: origins.Origin, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[edges.Edge]:
    with edges.run(tmp_path_factory.mktemp("edge"), origin.port) as running:
        yield running


@pytest.fixture
def edge(running_edge: edges.Edge, origin: origins.Origin) -> Iterator[edges.Edge]:
    origin.asked.clear()
    running_edge.arm()
    yield running_edge
    running_edge.arm()


@pytest.fixture(scope="session")
def go_command() -> str:
    return str(toolchain.ensure().go)
