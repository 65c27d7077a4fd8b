"""Answers that are framed or sent wrongly, on HTTP/1.1 and HTTP/2."""

from __future__ import annotations

from pathlib import Path

import h2.events
import pytest

from tests.faults.clients import BOTH, H1, H2, LIST, ZIP, connect, curl, get, go, h2_events, read
from tests.faults.edge import Edge, arm
from tests.faults.origin import COBRA, TRUE_LIST, WHOLE


def test_more_announced_than_sent(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: zip}", "{content-length: 10}")
    with connect(edge, None) as sock:
        sock.sendall(get(ZIP))
        head, _, body = read(sock)[0].partition(b"\r\n\r\n")
    assert f"Content-Length: {len(WHOLE) + 10}".encode() in head
    assert body == WHOLE
    assert curl(edge, ZIP, *H1).exit == 18
    for tls in (False, True):
        seen = go(
            edge, tmp_path / str(tls), go_command, "mod", "download", f"{COBRA}@v1.8.0", tls=tls
        )
        assert "unexpected EOF" in seen.stderr


@BOTH
def test_less_announced_than_sent(edge: Edge, version: tuple[str]) -> None:
    arm(edge, "{endpoint: list}", "{content-length: -7}")
    seen = curl(edge, LIST, *version)
    if version == H1:
        assert (seen.exit, seen.body) == (0, TRUE_LIST[:-7])
    else:
        assert seen.exit != 0 or seen.body == TRUE_LIST


def test_broken_chunks(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: zip}", "{chunked: malformed}")
    with connect(edge, None) as sock:
        sock.sendall(get(ZIP))
        head, _, body = read(sock)[0].partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert body.startswith(b"zz\r\n")
    seen = go(edge, tmp_path, go_command, "mod", "download", f"{COBRA}@v1.8.0", tls=False)
    assert "invalid byte in chunk length" in seen.stderr


def test_a_last_chunk_that_never_comes(edge: Edge) -> None:
    arm(edge, "{endpoint: list}", "{chunked: unfinished}")
    with connect(edge) as sock:
        sock.sendall(get(LIST))
        got, ended = read(sock)
    assert got.endswith(b"%x\r\n%s\r\n" % (len(TRUE_LIST), TRUE_LIST))
    assert ended == "fin"
    assert curl(edge, LIST, *H2).body == TRUE_LIST
    assert edge.fired() == {"it": 1}


def test_trailers_on_http1_and_the_connection_goes_on(edge: Edge) -> None:
    arm(edge, "{endpoint: list}", "{trailers: {fields: {X-Checksum: wrong}}}")
    with connect(edge) as sock:
        for _ in range(2):
            sock.sendall(get(LIST))
            got, ended = read(sock)
            assert got.endswith(b"%s\r\n0\r\nX-Checksum: wrong\r\n\r\n" % TRUE_LIST)
            assert ended == "silence"


def test_trailers_on_http2(edge: Edge) -> None:
    arm(edge, "{endpoint: list}", "{trailers: {fields: {X-Checksum: wrong}}}")
    events = h2_events(edge, LIST)
    (trailers,) = [event for event in events if isinstance(event, h2.events.TrailersReceived)]
    assert trailers.headers == [(b"x-checksum", b"wrong")]
    assert b"".join(e.data for e in events if isinstance(e, h2.events.DataReceived)) == TRUE_LIST


@BOTH
def test_hints_before_the_answer(edge: Edge, version: tuple[str]) -> None:
    arm(edge, "{endpoint: list}", "{informational: 3}")
    seen = curl(edge, LIST, *version, "--verbose")
    assert (seen.exit, seen.body) == (0, TRUE_LIST)
    assert seen.stderr.count(" 103") >= 3


@BOTH
def test_drops(edge: Edge, version: tuple[str]) -> None:
    arm(edge, "{endpoint: list}", "{dribble: {bytes: 4, every: 50ms}}")
    seen = curl(edge, LIST, *version)
    assert (seen.exit, seen.body) == (0, TRUE_LIST)
    assert seen.seconds > 0.25


def test_go_names_the_reset_stream(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: zip}", "{rst-stream: {code: internal-error, after: 100}}")
    seen = go(edge, tmp_path, go_command, "mod", "download", f"{COBRA}@v1.8.0")
    assert "stream error" in seen.stderr
    assert "INTERNAL_ERROR" in seen.stderr
    curled = curl(edge, ZIP, *H2)
    assert (curled.exit, curled.body) == (92, WHOLE[:100])
    assert curl(edge, ZIP, *H1).body == WHOLE


@pytest.mark.parametrize("do", ["{rst-stream: refused-stream}", "{goaway: no-error}"])
def test_what_was_not_processed_go_asks_for_again(
    edge: Edge, tmp_path: Path, go_command: str, do: str
) -> None:
    arm(edge, "{endpoint: zip, first: 1}", do)
    seen = go(edge, tmp_path, go_command, "mod", "download", f"{COBRA}@v1.8.0")
    assert (seen.returncode, seen.stderr) == (0, "")
    assert edge.fired() == {"it": 1}


def test_goaway_in_the_middle(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: zip}", "{goaway: {code: enhance-your-calm, after: 100}}")
    seen = go(edge, tmp_path, go_command, "mod", "download", f"{COBRA}@v1.8.0")
    assert seen.returncode == 1
    assert "ENHANCE_YOUR_CALM" in seen.stderr


@BOTH
def test_head_requests_have_no_body_to_frame(edge: Edge, version: tuple[str]) -> None:
    edge.arm("""
        - {name: chunks, where: {endpoint: list}, do: {chunked: malformed}}
        - {name: trailers, where: {endpoint: list}, do: {trailers: {fields: {A: b}}}}
        - {name: stall, where: {endpoint: list}, do: {stall: 1}}
    """)
    seen = curl(edge, LIST, *version, "--head")
    assert (seen.exit, seen.status, seen.body) == (0, 200, b"")
    assert set(edge.fired().values()) == {0}


LISTING = ("list", "-m", "-versions", COBRA)
DOWNLOAD = ("mod", "download", f"{COBRA}@v1.8.0")
