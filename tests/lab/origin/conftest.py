from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import ToolchainError
from lab.origin.app import Origin
from lab.toolchain import Toolchain, ensure
from lab.world.build import build
from lab.world.load import base_world
from lab.world.tree import Tree


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return build(base_world(), tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def origin(tree: Tree) -> Origin:
    return Origin(tree)


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    try:
        return ensure()
    except ToolchainError as error:
        pytest.skip(str(error))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An empty module to run go commands in."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "go.mod").write_text("module corp.example/project\n\ngo 1.21\n")
    return folder
