"""One thing is not called several."""

from __future__ import annotations

import pytest

from lab.plural import counted
from tests.lab.diagnostics.fake import FakeMachine, look, ok


@pytest.mark.parametrize(("number", "said"), [(0, "0 rules"), (1, "1 rule"), (2, "2 rules")])
def test_counted(number: int, said: str) -> None:
    assert counted(number, "rule") == said


@pytest.mark.parametrize(
    ("probe", "versions", "required", "said"),
    [
        ("version-list-plausible", ["v1.0.0"], "v1.0.0", "1 version"),
        ("version-list-plausible", ["v1.0.0", "v1.1.0"], "v1.0.0", "2 versions"),
        (
            "version-list-plausible",
            ["v1.1.0"],
            "v1.0.0",
            "1 version, and v1.0.0 of go.mod is not there",
        ),
        ("second-source", ["v1.0.0"], "", "the same 1 version at https://goproxy.cn"),
    ],
)
def test_what_probes_say(probe: str, versions: list[str], required: str, said: str) -> None:
    machine = FakeMachine({"https://": ok("".join(f"{version}\n" for version in versions))})
    assert look(probe, machine, "example.com/m", required).said == said
