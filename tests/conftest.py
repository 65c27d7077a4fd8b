from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

from lab.errors import ToolchainError
from lab.go import toolchain
from tests.programs import needed

# A background job of a shell ignores interrupts, under nohup also SIGHUP, and so would every golab
# that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# What somebody has set for Go, git, curl, colours or widths does not decide what a test sees.
KEPT = (
    *("HOME", "USER", "LOGNAME", "PATH", "TMPDIR", "XDG_", "PYTEST_", "PYTHONDONTWRITEBYTECODE"),
    *("PIP_", "SSL_CERT_", "REQUESTS_CA_BUNDLE", "DOCKER_"),
    *("GOLAB_CACHE", "GOLAB_BASE", "GOLAB_ENGINE", "GOLAB_DOCKER_"),
)
ROUTES = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
for _name in [name for name in os.environ if not name.startswith(KEPT)]:
    del os.environ[_name]
os.environ |= {"LANG": "C.UTF-8", "TERM": "dumb"}
# What is said of local labs is tried on them, whatever engine this machine has.
os.environ["GOLAB_BACKEND"] = "local"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling:
    return ByFile(config, log)


# What takes longest begins first, so that no process is left alone with it at the end.
LONG = (
    "lab/cli/test_cli.py",
    "lab/scenario/test_hostile.py",
    "lab/daemon/test_ends.py",
    "lab/daemon/test_inside.py",
    "lab/daemon/test_keep.py",
    "lab/cli/test_completion.py",
    "lab/cli/test_progress.py",
    "lab/scenario/test_catalogue.py",
    "lab/test_interrupts.py",
    "lab/replay/test_real.py",
    "lab/world/test_any_world.py",
    "lab/report/test_visible.py",
    "lab/cli/test_usage.py",
    "test_docs.py",
    "test_interface.py",
    "faults/test_standalone.py",
    "lab/sandbox/test_residue.py",
    "lab/sandbox/test_ends.py",
    "lab/sandbox/test_removal.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    places = {here / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path, len(LONG)))


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: half of what tests do is to wait for processes, sockets and limits."""
    return 2 * len(os.sched_getaffinity(0))


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """A file's tests share its labs, and all tests of the engine share the engine."""

    def _split_scope(self, nodeid: str) -> str:
        return "docker" if "docker" in nodeid else str(super()._split_scope(nodeid))


@pytest.fixture(autouse=True, scope="session")
def _go() -> Iterator[None]:
    """The Go of the PATH is the one that the documents name, whatever this machine has."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ROUTES.items():
            patch.setenv(name, value)
        with suppress(ToolchainError):  # the tests that need it will say so
            toolchain.ensure(toolchain.DEFAULT)
    with pytest.MonkeyPatch.context() as patch:
        folder = toolchain.store() / f"go{toolchain.DEFAULT}" / "bin"
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        yield


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave for the package index as this machine does."""
    for name, value in ROUTES.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def git() -> str:
    return needed("git")


@pytest.fixture(autouse=True)
def _any_backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("docker"):
        monkeypatch.delenv("GOLAB_BACKEND", raising=False)
