"""Labs that are held open, in both backends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.daemon.byhand import golab, up


@pytest.fixture(autouse=True, scope="module")
def _own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        yield


@pytest.fixture(scope="module", params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def backend(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if name == "docker":
        from lab.errors import UnfitError
        from lab.go.toolchain import named
        from lab.sandbox.docker import images
        from lab.sandbox.docker.engine import connect

        try:
            images.check(connect(), named(None))
        except UnfitError as error:
            pytest.skip(str(error))
    return name


@pytest.fixture(scope="module")
def lab_id(backend: str) -> Iterator[str]:
    """A lab that the tests of a backend share; they put back what they change."""
    made = up(backend)
    yield made
    golab("down", made)


@pytest.fixture
def own_lab(backend: str) -> Iterator[str]:
    """A lab to take down."""
    made = up(backend)
    yield made
    golab("down", made)
