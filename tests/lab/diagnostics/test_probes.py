"""golab's own probes, on a machine in memory: whom they ask, and where they stand back."""

from __future__ import annotations

import pytest

from lab.diagnostics.catalogue import Probe, diagnostics
from lab.sandbox.interface import Answer
from tests.lab.diagnostics.fake import PUBLIC, FakeMachine, look, ok

LIB, MUX = "git.corp.example/lib", "example.com/m"
PROBES = [name for name, item in diagnostics().items() if item.origin == "golab"]
ELSEWHERE = {
    "private": {"GOPRIVATE": "git.corp.example"},
    "off": {"GOPROXY": "off"},
    "disk": {"GOPROXY": "file:///disk", "GONOSUMDB": "*"},
}


@pytest.mark.parametrize("name", PROBES)
def test_each_says_what_it_asks_and_what_to_do(name: str) -> None:
    probe = diagnostics()[name]
    assert isinstance(probe, Probe)
    assert probe.question.endswith("?")
    assert probe.remedy.endswith(".")
    assert probe.check.__doc__


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("env", ELSEWHERE.values(), ids=ELSEWHERE)
def test_nobody_is_asked_whom_go_would_not_ask(probe: str, env: dict[str, str]) -> None:
    machine = FakeMachine(env=env, files={f"/disk/{LIB}/@v/list": "v1.0.0\n"})
    assert look(probe, machine, LIB, "v1.0.0").state in ("quiet", "unavailable", "alarm")
    assert machine.contacted == []


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("settings", ["GONOSUMDB", "GOPRIVATE", "GOSUMDB"])
def test_a_private_path_goes_to_nobody_but_its_own_proxy(probe: str, settings: str) -> None:
    value = "off" if settings == "GOSUMDB" else "git.corp.example"
    env = {"GOPROXY": "https://proxy.corp.example", settings: value}
    machine = FakeMachine({"https://": ok("v1.0.0\n")}, env=env)
    look(probe, machine, LIB, "v1.0.0")
    shown = [request.url for request in machine.asked if "git.corp.example" in request.url]
    assert all(url.startswith("https://proxy.corp.example/") for url in shown), shown


@pytest.mark.parametrize("probe", PROBES)
def test_behind_a_forward_proxy_nobody_is_spoken_with_but_through_it(probe: str) -> None:
    machine = FakeMachine({PUBLIC: ok("v1.0.0\n")}, env={"HTTPS_PROXY": "http://gateway:8080"})
    look(probe, machine, MUX, "v1.0.0")
    assert {request.via for request in machine.asked} <= {"http://gateway:8080"}
    names = {name for name in machine.contacted if "://" not in name}
    assert names <= {"gateway"}


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("login", ["gopher:hushed", "gopher:hus,hed", "gopher:hus%2Ched", "g%zz:"])
def test_a_password_in_goproxy_is_no_host_and_is_not_shown(probe: str, login: str) -> None:
    machine = FakeMachine(
        {"https://proxy.corp.example": Answer("done", 200, {}, b"v1.0.0\n")},
        env={"GOPROXY": f"https://{login}@proxy.corp.example", "GOSUMDB": "off"},
    )
    found = look(probe, machine, MUX, "v1.0.0")
    assert "hus" not in f"{found}"
    hosts = [each.removeprefix("https://").partition("/")[0] for each in machine.contacted]
    assert set(hosts) <= {"proxy.corp.example", "example.com"}


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "gateway"])
def test_no_resolver_is_asked_for_a_host_that_needs_none(host: str) -> None:
    machine = FakeMachine(
        env={"HTTPS_PROXY": f"http://{host}:8080"},
        files={"/etc/hosts": "127.0.0.1 localhost\n10.0.0.1\tgateway gw # the way out\n"},
        resolvers={"192.0.2.53": "NXDOMAIN"},
    )
    assert look("resolver-answers", machine, MUX).state == "quiet"
    assert machine.contacted == []
