from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.go.toolchain import Toolchain, ensure
from lab.origin.app import Origin
from lab.world.build import build
from lab.world.load import base_world
from lab.world.tree import Tree
from tests.lab.origin.asking import Client, Internet, internet


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return build(base_world(), tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def origin(tree: Tree) -> Origin:
    return Origin(tree)


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    return ensure()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty module to run go commands in."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "go.mod").write_text("module corp.example/project\n\ngo 1.21\n")
    return folder


@pytest.fixture(scope="session")
def net(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    """One origin for all tests, under the real names."""
    with internet(tree, tmp_path_factory.mktemp("net")) as found:
        yield found


@pytest.fixture
def client(toolchain: Toolchain, tmp_path: Path, project: Path, net: Internet) -> Client:
    """A go command on that internet; GOPROXY=direct if it is told nothing else."""
    return Client(toolchain.goroot, tmp_path, project, {**net.env, "GOPROXY": "direct"})
