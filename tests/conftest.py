from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _local_labs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said of local labs is tried on them, whatever engine this machine has."""
    if request.node.get_closest_marker("docker") is None:
        monkeypatch.setenv("GOLAB_BACKEND", "local")
