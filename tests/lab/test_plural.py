"""One thing is not called several."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from lab.client import Client
from lab.diagnostics.interface import Finding, Target
from lab.diagnostics.probes import second_source, version_list_plausible
from lab.plural import counted
from lab.sandbox.interface import Answer, Completed

Check = Callable[[Client, Target, float], Finding]


@pytest.mark.parametrize(("number", "said"), [(0, "0 rules"), (1, "1 rule"), (2, "2 rules")])
def test_counted(number: int, said: str) -> None:
    assert counted(number, "rule") == said


class Network:
    """Stands for a client whose proxies know so many versions of a module."""

    def __init__(self, *versions: str) -> None:
        self.env = {"GOPROXY": "https://proxy.golang.org"}
        self.versions = versions

    def escaped(self, module: str) -> str:
        return module

    def cold(self, name: str) -> Network:
        return self

    def fetch(self, url: str, *, limit: float) -> Answer:
        return Answer("done", 200, body="\n".join(self.versions).encode())

    def run(self, argv: list[str], *, limit: float, **env: str) -> Completed:
        return Completed(tuple(argv), 0, " ".join(("m", *self.versions)), "", 0.1)


@pytest.mark.parametrize(
    ("probe", "versions", "required", "said"),
    [
        (version_list_plausible.check, ["v1.0.0"], "v1.0.0", "1 version"),
        (version_list_plausible.check, ["v1.0.0", "v1.1.0"], "v1.0.0", "2 versions"),
        (
            version_list_plausible.check,
            ["v1.1.0"],
            "v1.0.0",
            "1 version, and v1.0.0 of go.mod is not there",
        ),
        (second_source.check, ["v1.0.0"], "", "the same 1 version at https://goproxy.cn"),
    ],
)
def test_what_probes_say(probe: Check, versions: list[str], required: str, said: str) -> None:
    client = cast("Client", Network(*versions))
    assert (
        probe(
            client, Target("example.com/m", "v1.0.0", required, "https://proxy.golang.org"), 1.0
        ).said
        == said
    )
