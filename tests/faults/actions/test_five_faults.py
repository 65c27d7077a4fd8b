"""The five faults the lab is named for, as curl, go and sockets see them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.faults.clients import BOTH, LIST, NAME, ZIP, ask, connect, curl, get, go, read
from tests.faults.edge import Edge
from tests.faults.origin import COBRA, Origin, answer


@BOTH
def test_a_401_turns_into_an_empty_200(edge: Edge, version: tuple[str]) -> None:
    path = "/git.corp.example/lib/@v/list"
    healthy = curl(edge, path, *version)
    edge.arm("""
        - name: auth-fallback
          where: {host: proxy.golang.org, status: [401, 403]}
          do: {respond: {status: 200, body: ""}}
    """)
    broken = curl(edge, path, *version)
    assert (healthy.status, healthy.body) == (401, b"token expired\n")
    assert (broken.status, broken.body) == (200, b"")
    assert edge.fired() == {"auth-fallback": 1}
    assert curl(edge, LIST, *version).body == answer(LIST)[2]
    assert edge.fired() == {"auth-fallback": 1}


STALE = """
    - name: stale-list
      where: {endpoint: [list, latest], module: github.com/spf13/cobra}
      do: {stale-list: {without: [v1.8.0]}}
"""


@BOTH
def test_list_and_latest_agree_on_an_older_version(edge: Edge, version: tuple[str]) -> None:
    edge.arm(STALE)
    assert curl(edge, LIST, *version).body == b"v1.6.1\nv1.7.0\n"
    latest = curl(edge, f"/{COBRA}/@latest", *version)
    assert latest.body == answer(f"/{COBRA}/@v/v1.7.0.info")[2]
    assert int(latest.headers["content-length"]) == len(latest.body)
    assert edge.fired() == {"stale-list": 2}


def test_go_gets_the_older_version_without_a_word(
    edge: Edge, tmp_path: Path, go_command: str
) -> None:
    listing = ("list", "-m", "-f", "{{.Version}}", f"{COBRA}@latest")
    healthy = go(edge, tmp_path / "healthy", go_command, *listing)
    edge.arm(STALE)
    broken = go(edge, tmp_path / "broken", go_command, *listing)
    assert (healthy.returncode, healthy.stdout.strip()) == (0, "v1.8.0"), healthy.stderr
    assert (broken.returncode, broken.stdout.strip(), broken.stderr) == (0, "v1.7.0", "")


@BOTH
def test_one_server_name_is_reset_and_another_is_not(edge: Edge, version: tuple[str]) -> None:
    edge.arm("[{name: sni-block, where: {sni: proxy.golang.org}, do: {reset: handshake}}]")
    broken = curl(edge, LIST, *version)
    assert broken.exit == 35
    assert "reset by peer" in broken.stderr
    assert curl(edge, LIST, *version, name="goproxy.cn").status == 200
    assert edge.fired() == {"sni-block": 1}
    assert edge.records("tls")[0]["sni"] == NAME


def test_go_names_the_reset(edge: Edge, tmp_path: Path, go_command: str) -> None:
    edge.arm("[{name: sni-block, where: {sni: localhost}, do: {reset: handshake}}]")
    broken = go(edge, tmp_path, go_command, "list", "-m", f"{COBRA}@latest")
    assert broken.returncode == 1
    assert "connection reset by peer" in broken.stderr


@pytest.mark.parametrize(
    ("reply", "code"), [("nxdomain", 3), ("servfail", 2), ("refused", 5), ("no-data", 0)]
)
def test_a_name_does_not_resolve(edge: Edge, reply: str, code: int) -> None:
    edge.arm(f"[{{name: gone, where: {{query: proxy.golang.org}}, do: {{dns: {reply}}}}}]")
    message = ask(edge, "A")
    assert message is not None
    assert (message.response_code, message.answers) == (code, [])
    other = ask(edge, "A", "goproxy.cn")
    assert other is not None
    assert len(other.answers) == 1
    assert edge.fired() == {"gone": 1}


def test_a_resolver_that_never_answers(edge: Edge) -> None:
    edge.arm("[{name: silent, where: {query: proxy.golang.org}, do: {dns: drop}}]")
    assert ask(edge, "A", wait=0.5) is None
    assert ask(edge, "A", "goproxy.cn") is not None
    assert [record["rcode"] for record in edge.records("dns")] == [None, "NOERROR"]


@BOTH
def test_connected_and_then_mute(edge: Edge, version: tuple[str], origin: Origin) -> None:
    edge.arm("[{name: mute, where: {host: proxy.golang.org}, do: {hang: before-headers}}]")
    broken = curl(edge, LIST, *version, "--max-time", "2")
    assert (broken.exit, broken.body) == (28, b"")
    assert edge.fired() == {"mute": 1}
    assert origin.paths() == []
    edge.arm()
    assert curl(edge, LIST, *version).status == 200


def test_go_waits_for_ever_for_a_mute_proxy(edge: Edge, tmp_path: Path, go_command: str) -> None:
    edge.arm("[{name: mute, where: {endpoint: list}, do: {hang: before-headers}}]")
    with pytest.raises(subprocess.TimeoutExpired):
        go(edge, tmp_path, go_command, "list", "-m", "-versions", COBRA, timeout=1.5)
    assert edge.fired() == {"mute": 1}


@BOTH
def test_silence_in_the_middle_of_a_zip(edge: Edge, version: tuple[str]) -> None:
    edge.arm("[{name: stall, where: {endpoint: zip}, do: {stall: {after: 1024}}}]")
    broken = curl(edge, ZIP, *version, "--max-time", "2")
    whole = answer(ZIP)[2]
    assert broken.exit == 28
    assert broken.body == whole[:1024]
    assert int(broken.headers["content-length"]) == len(whole)


def test_a_stalled_body_goes_on_when_the_rule_is_gone(edge: Edge) -> None:
    edge.arm("[{name: stall, where: {endpoint: zip}, do: {stall: {after: 1024}}}]")
    whole = answer(ZIP)[2]
    with connect(edge) as sock:
        sock.sendall(get(ZIP))
        head, _, start = read(sock)[0].partition(b"\r\n\r\n")
        assert (b"200 OK" in head, start) == (True, whole[:1024])
        edge.arm()
        rest, ended = read(sock)
        assert (start + rest, ended) == (whole, "silence")
        sock.sendall(get(LIST))
        assert read(sock)[0].endswith(answer(LIST)[2])
