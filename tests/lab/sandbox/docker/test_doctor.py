"""`golab doctor` on a machine with an engine."""

from __future__ import annotations

import docker
import pytest

from lab import doctor
from lab.go import toolchain


@pytest.mark.docker
def test_it_names_the_engine_and_the_state_of_the_images(
    engine: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = engine.version()["Version"]
    (check,) = [check for check in doctor.checks() if check.name == "docker"]
    assert (check.state, check.said) == ("ok", f"engine {version}, images current")
    monkeypatch.setattr(toolchain, "DEFAULT", "1.99.0")
    (check,) = [check for check in doctor.checks() if check.name == "docker"]
    assert (check.state, check.said) == (
        "optional",
        f"engine {version}, golab/client:1.99.0 is missing",
    )
    assert check.remedy == "`golab images build` makes them"
