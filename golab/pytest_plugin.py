"""golab in pytest: a lab for a test, in an arm of a scenario; see docs/api.md.

    @pytest.mark.golab("auth-fallback", arm="broken")
    def test_the_canary_sings(golab_lab: golab.OpenLab) -> None:
        assert golab_lab.check("./canary.sh").state == "alarm"

Every pytest of an environment with golab in it loads this file, so it loads nothing of golab until
a test asks for a lab.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lab.api.lab import OpenLab
    from lab.api.warm import WarmLabs

_MARKER = (
    "golab(*scenarios, arm=None, family=None, all=False, skip_slow=False, world=None, faults=()): "
    "the labs that the fixture golab_lab is, one after the other: each scenario in this arm of it, "
    "or in all; without any scenario, a lab without one."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("golab", "labs for tests")
    group.addoption(
        "--golab-backend",
        choices=("auto", "local", "docker"),
        default=os.environ.get("GOLAB_BACKEND") or "local",
        help="where labs run: auto, local (the default) or docker; also $GOLAB_BACKEND",
    )
    group.addoption("--golab-go", metavar="VERSION", help="the Go version of their clients")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each scenario and arm that the marker names."""
    marker = metafunc.definition.get_closest_marker("golab")
    if marker is None or "golab_lab" not in metafunc.fixturenames:
        return
    from golab.pytest_labs import wanted

    found = wanted(marker, metafunc.definition.nodeid)
    metafunc.parametrize("golab_lab", found, indirect=True, ids=str)


@pytest.fixture(scope="session")
def golab_labs(pytestconfig: pytest.Config) -> Iterator[WarmLabs]:
    """The labs of this process, which stay up from one test to the next."""
    from lab.api.warm import WarmLabs

    labs = WarmLabs(
        backend=pytestconfig.getoption("golab_backend"), go=pytestconfig.getoption("golab_go")
    )
    try:
        yield labs
    finally:
        labs.close()


@pytest.fixture
def golab_lab(request: pytest.FixtureRequest, golab_labs: WarmLabs) -> OpenLab:
    """A lab as the marker `golab` has it, with a fresh client.

    A scenario that is not about the Go of this run is skipped. A lab that cannot be started, and
    an arm that cannot be entered, fail the test with a line.
    """
    from golab.pytest_labs import Wanted, opened

    return opened(golab_labs, getattr(request, "param", Wanted()))
