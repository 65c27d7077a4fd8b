"""golab's own probes, on a lab in memory: where they stand back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from lab.client import Client
from lab.diagnostics.catalogue import diagnostics
from lab.diagnostics.interface import Target
from lab.sandbox.interface import Answer
from tests.lab.replay.fake import FakeLab

LIB = Target("git.corp.example/lib", "v1.1.0", "v1.0.0", "https://proxy.golang.org")
ASKING = [name for name, item in diagnostics().items() if item.origin == "golab"]
ELSEWHERE = {
    "private": {"GOPRIVATE": "git.corp.example"},
    "off": {"GOPROXY": "off"},
    "disk": {"GOPROXY": "file:///disk", "GONOSUMDB": "*"},
}


class Watched(FakeLab):
    """A lab that knows whom it was made to contact."""

    def __init__(self) -> None:
        super().__init__()
        self.contacted: list[str] = []

    def fetch(self, url: str, headers: Mapping[str, str], limit: float) -> Answer:
        self.contacted.append(url)
        return super().fetch(url, headers, limit)

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        self.contacted.append(name)
        return super().resolve(name, limit)

    def handshake(self, address: str, server_name: str, limit: float) -> str:
        self.contacted.append(server_name)
        return super().handshake(address, server_name, limit)


def contacted(probe: str, env: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return what a probe finds with this environment, and whom it contacts."""
    lab = Watched()
    settings = {"PATH": "/bin", "GOPROXY": "https://gopher:secret@proxy.golang.org", **env}
    found = diagnostics()[probe].check(Client(lab, settings, {}), LIB, 5)
    return found.state, lab.contacted


@pytest.mark.parametrize("probe", ASKING)
@pytest.mark.parametrize("env", ELSEWHERE.values(), ids=ELSEWHERE)
def test_nobody_is_asked_whom_go_would_not_ask(probe: str, env: dict[str, str]) -> None:
    assert contacted(probe, env) == ("unavailable", [])


@pytest.mark.parametrize("probe", [name for name in ASKING if name != "second-source"])
def test_behind_a_forward_proxy_a_straight_connection_is_no_evidence(probe: str) -> None:
    assert contacted(probe, {"HTTPS_PROXY": "http://gateway:8080"}) == ("unavailable", [])


@pytest.mark.parametrize("probe", ["resolver-answers", "sni-parity"])
def test_a_password_in_goproxy_is_no_host(probe: str) -> None:
    state, hosts = contacted(probe, {})
    assert (state, set(hosts)) == ("quiet", {"proxy.golang.org"})
