from __future__ import annotations

import signal

import pytest

# A background job of a shell ignores interrupts, and so would every golab that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _local_labs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said of local labs is tried on them, whatever engine this machine has."""
    if request.node.get_closest_marker("docker") is None:
        monkeypatch.setenv("GOLAB_BACKEND", "local")
