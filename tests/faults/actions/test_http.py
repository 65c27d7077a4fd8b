"""HTTP faults, as curl, go and sockets see them, over HTTP/1.1 and HTTP/2."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from tests.faults.clients import BOTH, CORP, H1, H2, LIST, NAME, ZIP, connect, curl, get, go, read
from tests.faults.edge import Edge, arm
from tests.faults.origin import COBRA, SECRET, TRUE_LIST, WHOLE, Origin


def test_the_ledger_has_the_origins_status_only_if_it_was_asked(edge: Edge) -> None:
    for where, origins in (("{endpoint: list}", None), ("{endpoint: list, status: 200}", 200)):
        arm(edge, where, "{respond: 503}")
        assert curl(edge, LIST).status == 503
        (record,) = edge.records("http")
        assert (record["status"], record["origin_status"]) == (503, origins)


@BOTH
def test_an_answer_in_the_origins_place(edge: Edge, version: tuple[str], origin: Origin) -> None:
    arm(edge, "{endpoint: list}", "{respond: {status: 451, body: no, headers: {X-Why: law}}}")
    seen = curl(edge, LIST, *version)
    assert (seen.status, seen.body, seen.headers["x-why"]) == (451, b"no", "law")
    assert origin.paths() == []


def test_go_shows_the_text_and_does_not_wait(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: list}", "{rate-limit: 30}")
    start = time.monotonic()
    seen = go(edge, tmp_path, go_command, "list", "-m", "-versions", COBRA)
    assert "429 Too Many Requests" in seen.stderr
    assert "rate limit exceeded" in seen.stderr
    assert time.monotonic() - start < 5
    assert edge.fired() == {"it": 2}  # over https go asks once more after every 4xx


def test_a_loop_ends_after_ten_redirects(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: list}", "{redirect: loop}")
    seen = go(edge, tmp_path, go_command, "list", "-m", "-versions", COBRA)
    assert "stopped after 10 redirects" in seen.stderr


def test_from_https_to_http(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: list}", "{redirect: http}")
    assert curl(edge, LIST).headers["location"] == f"http://{NAME}{LIST}"
    seen = go(edge, tmp_path, go_command, "list", "-m", "-versions", COBRA)
    assert "redirected from secure URL" in seen.stderr


@BOTH
def test_elsewhere_with_the_path(edge: Edge, version: tuple[str]) -> None:
    arm(edge, "{endpoint: zip}", "{redirect: {to: https://storage.invalid/, status: 307}}")
    seen = curl(edge, ZIP, *version)
    assert (seen.status, seen.headers["location"]) == (307, f"https://storage.invalid{ZIP}")


@pytest.mark.parametrize("kind", ["captive-portal", "login", "catch-all"])
def test_go_reads_a_page_as_an_empty_list(
    edge: Edge, tmp_path: Path, go_command: str, kind: str
) -> None:
    arm(edge, "{endpoint: list}", f"{{page: {kind}}}")
    page = curl(edge, LIST)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    seen = go(edge, tmp_path, go_command, "list", "-m", "-versions", COBRA)
    assert (seen.returncode, seen.stdout.split(), seen.stderr) == (0, [COBRA], "")


@BOTH
def test_another_status_on_the_true_body(edge: Edge, version: tuple[str]) -> None:
    arm(edge, "{endpoint: list}", "{status: 203}")
    seen = curl(edge, LIST, *version)
    assert (seen.status, seen.body) == (203, TRUE_LIST)
    arm(edge, "{endpoint: list}", "{status: 204}")
    assert (curl(edge, LIST, *version).status, curl(edge, LIST, *version).body) == (204, b"")


@BOTH
@pytest.mark.parametrize(
    ("do", "body"),
    [
        ("empty", b""),
        ("bom", b"\xef\xbb\xbf" + TRUE_LIST),
        ("utf-16", b"\xff\xfev\x001\x00" + TRUE_LIST[2:].decode().encode("utf-16-le")),
        ("gzip", gzip.compress(TRUE_LIST, mtime=0)),
        ("{text: hello}", b"hello"),
        ("{truncate: 7}", TRUE_LIST[:7]),
        (
            "{patch: [{find: v1., with: v2.}, {find: '.0', with: '.9'}]}",
            b"v2.6.1\nv2.7.9\nv2.8.9\n",
        ),
    ],
)
def test_another_body_with_the_length_to_match(
    edge: Edge, version: tuple[str], do: str, body: bytes
) -> None:
    arm(edge, "{endpoint: list}", f"{{body: {do}}}")
    seen = curl(edge, LIST, *version)
    assert (seen.exit, seen.status, seen.body) == (0, 200, body)
    assert int(seen.headers["content-length"]) == len(body)


def test_a_patch_that_finds_nothing_is_no_hit(edge: Edge) -> None:
    arm(edge, "{endpoint: list}", "{body: {patch: {find: v7, with: v8}}}")
    assert curl(edge, LIST).body == TRUE_LIST
    assert edge.fired() == {"it": 0}
    assert edge.records("http")[0]["fired"] == []


@BOTH
def test_credentials_are_dropped_on_the_way(
    edge: Edge, version: tuple[str], origin: Origin
) -> None:
    login = ("--header", f"Authorization: {SECRET}")
    assert curl(edge, CORP, *version, *login).status == 200
    arm(
        edge, "{header: Authorization}", "{request-headers: {drop: Authorization, set: {X-Hop: 1}}}"
    )
    assert curl(edge, CORP, *version, *login).status == 401
    assert origin.asked[-1][2].get("x-hop") == "1"
    assert "authorization" not in origin.asked[-1][2]


@BOTH
def test_cache_headers(edge: Edge, version: tuple[str]) -> None:
    arm(edge, "{endpoint: list}", "{response-headers: {set: {Age: 86400}, drop: [Date]}}")
    seen = curl(edge, LIST, *version)
    assert (seen.headers["age"], "date" in seen.headers, seen.body) == ("86400", False, TRUE_LIST)


@BOTH
def test_from_another_host(edge: Edge, version: tuple[str], origin: Origin) -> None:
    arm(edge, "{endpoint: zip}", "{route: goproxy.cn}")
    assert curl(edge, ZIP, *version).body == WHOLE
    assert curl(edge, LIST, *version).body == TRUE_LIST
    assert [host for host, _, _ in origin.asked] == ["goproxy.cn", NAME]


def test_several_rules_on_one_exchange(edge: Edge) -> None:
    edge.arm("""
        - {name: one, where: {endpoint: list}, do: {phantom-version: v1.9.9}}
        - {name: two, where: {host: proxy.golang.org}, do: {response-headers: {set: {Age: 7}}}}
        - {name: three, where: {endpoint: list}, do: {dribble: 1ms, latency: 10ms}}
        - {name: four, where: {endpoint: zip}, do: {respond: 500}}
    """)
    seen = curl(edge, LIST)
    assert (seen.body, seen.headers["age"]) == (TRUE_LIST + b"v1.9.9\n", "7")
    assert edge.fired() == {"one": 1, "two": 1, "three": 2, "four": 0}
    assert [(e["rule"], e["do"]) for e in edge.records("http")[0]["fired"]] == [
        ("one", "phantom-version"),
        ("two", "response-headers"),
        ("three", "latency"),
        ("three", "dribble"),
    ]


def test_by_the_age_of_the_connection(edge: Edge) -> None:
    arm(edge, "{endpoint: list, age: '>300ms', client: 127.0.0.1}", "{respond: 503}")
    with connect(edge) as sock:
        sock.sendall(get(LIST))
        assert read(sock)[0].startswith(b"HTTP/1.1 200")
        sock.sendall(get(LIST))
        assert read(sock)[0].startswith(b"HTTP/1.1 503")


@BOTH
def test_chance_is_the_same_whatever_runs_at_the_time(edge: Edge, version: tuple[str]) -> None:
    """Two rounds of parallel requests with one seed: the same matches are hit."""
    rounds = []
    for _ in range(2):
        arm(edge, "{endpoint: list, chance: 0.5}", "{response-headers: {set: {Age: 1}}}")
        urls = [f"https://{NAME}{LIST}?{n}" for n in range(19)]
        curl(edge, LIST, *version, "--parallel", *urls)
        fired = [entry["match"] for record in edge.records("http") for entry in record["fired"]]
        assert len(edge.records("http")) == 20
        rounds.append(sorted(fired))
    assert rounds[0] == rounds[1]
    assert 3 <= len(rounds[0]) <= 17


LISTING = ("list", "-m", "-versions", COBRA)
DOWNLOAD = ("mod", "download", f"{COBRA}@v1.8.0")


@pytest.mark.parametrize(
    ("endpoint", "do", "tls", "arguments", "status", "said"),
    [
        ("list", "{informational: 10}", False, LISTING, 0, ""),
        ("list", "{informational: 10}", True, LISTING, 0, ""),
        ("list", "{half-close: before-headers}", False, LISTING, 1, "EOF"),
        ("zip", "{half-close: {after: 100}}", True, DOWNLOAD, 1, "unexpected EOF"),
        ("zip", "{zip: bit-flip}", True, DOWNLOAD, 1, "flate: corrupt input"),
        ("list", "{content-length: -7}", True, LISTING, 1, "more than declared Content-Length"),
        ("list", "{body: bom}", True, LISTING, 0, ""),
        ("list", "{body: gzip}", True, LISTING, 0, ""),
        ("list", "{body: utf-16}", True, LISTING, 0, ""),
        ("list", "{chunked: unfinished}", False, LISTING, 1, "unexpected EOF"),
    ],
)
def test_what_go_makes_of_it(
    edge: Edge,
    tmp_path: Path,
    go_command: str,
    endpoint: str,
    do: str,
    tls: bool,
    arguments: tuple[str, ...],
    status: int,
    said: str,
) -> None:
    arm(edge, f"{{endpoint: {endpoint}}}", do)
    seen = go(edge, tmp_path, go_command, *arguments, tls=tls)
    assert seen.returncode == status
    assert said in seen.stderr
    assert said or not seen.stderr
    assert edge.fired() == {"it": 1}


def test_what_go_makes_of_a_body_that_goes_on(edge: Edge, tmp_path: Path, go_command: str) -> None:
    """The rest is an answer that nobody asked for, or that to the next request: a race."""
    arm(edge, "{endpoint: list}", "{content-length: -7}")
    seen = go(edge, tmp_path, go_command, *LISTING, tls=False)
    assert "Unsolicited response" in seen.stderr or "malformed HTTP response" in seen.stderr
    assert seen.returncode == int("malformed HTTP response" in seen.stderr)


@BOTH
def test_a_server_that_gives_up_after_so_many_requests_of_a_connection(
    edge: Edge, version: tuple[str]
) -> None:
    """Each connection has a count of its own; in HTTP/2 its streams share one."""
    arm(edge, "{endpoint: list, after: 1, per: connection}", "{respond: 503}")
    nowhere = ["-o", "/dev/null"]
    twice = [*nowhere, *nowhere, "-w", "%{http_code} ", f"https://{NAME}{LIST}"]
    for _ in range(2):
        assert curl(edge, LIST, *version, *twice).body == b"200 503 "
    assert edge.fired() == {"it": 2}
