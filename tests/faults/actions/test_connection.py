"""Connection faults, as they show on the wire."""

from __future__ import annotations

import socket
import time

import pytest

from tests.faults.clients import BOTH, H2, LIST, NAME, ZIP, Tls, connect, curl, get, read
from tests.faults.edge import Edge, arm
from tests.faults.origin import WHOLE, Origin, answer

PLAIN = pytest.mark.parametrize("name", [None, NAME], ids=["plain", "tls"])


def test_reset_at_accept_is_a_rst_before_any_byte(edge: Edge) -> None:
    arm(edge, "{port: PORT}", "{reset: accept}")
    try:
        with connect(edge, None) as sock:
            assert read(sock) == (b"", "rst")
    except ConnectionResetError:
        pass  # the RST came even before connect() had returned
    assert edge.fired() == {"it": 1}


@PLAIN
def test_reset_before_headers_is_a_rst_without_an_answer(edge: Edge, name: str | None) -> None:
    arm(edge, "{endpoint: list}", "{reset: before-headers}")
    with connect(edge, name) as sock:
        sock.sendall(get(LIST))
        assert read(sock) == (b"", "rst")


@PLAIN
@pytest.mark.parametrize("after", [0, 1, 100, 1500])
def test_reset_after_n_bytes_loses_none_of_them(edge: Edge, name: str | None, after: int) -> None:
    arm(edge, "{endpoint: zip}", f"{{reset: {{after: {after}}}}}")
    with connect(edge, name) as sock:
        sock.sendall(get(ZIP))
        got, ended = read(sock)
    assert (got.partition(b"\r\n\r\n")[2], ended) == (WHOLE[:after], "rst")


def test_reset_after_headers_also_on_a_connection_kept_alive(edge: Edge) -> None:
    arm(edge, "{endpoint: zip}", "{reset: after-headers}")
    with connect(edge) as sock:
        sock.sendall(get(LIST))
        assert read(sock)[1] == "silence"
        sock.sendall(get(ZIP))
        got, ended = read(sock)
    assert (got.startswith(b"HTTP/1.1 200"), got.endswith(b"\r\n\r\n"), ended) == (
        True,
        True,
        "rst",
    )


def test_a_reset_beyond_the_body_never_happens_and_is_no_hit(edge: Edge) -> None:
    arm(edge, "{endpoint: zip}", f"{{reset: {{after: {len(WHOLE)}}}}}")
    assert curl(edge, ZIP).body == WHOLE
    assert edge.fired() == {"it": 0}


def test_a_refused_port_is_closed_and_opened_again(edge: Edge) -> None:
    arm(edge, "{port: PORT}", "{refuse: true}")
    with pytest.raises(ConnectionRefusedError):
        connect(edge, None)
    assert edge.fired() == {"it": 1}
    assert curl(edge, LIST).exit == 7
    edge.arm()
    assert curl(edge, LIST).status == 200


def test_accepted_and_mute(edge: Edge) -> None:
    arm(edge, "{port: PORT}", "{hang: accept}")
    with connect(edge, None) as sock:
        sock.sendall(get(LIST))
        assert read(sock) == (b"", "silence")
        edge.arm()
        assert read(sock)[0].endswith(answer(LIST)[2])


def test_a_handshake_that_is_never_answered(edge: Edge) -> None:
    arm(edge, f"{{sni: {NAME}}}", "{hang: handshake}")
    with pytest.raises(TimeoutError):
        connect(edge, timeout=0.3)
    connect(edge, "goproxy.cn").close()
    assert edge.eventually(lambda: edge.records("tls")[0]["outcome"] == "failed")


@BOTH
def test_headers_come_and_the_body_does_not(edge: Edge, version: tuple[str]) -> None:
    arm(edge, "{endpoint: zip}", "{hang: after-headers}")
    seen = curl(edge, ZIP, *version, "--max-time", "2")
    assert (seen.exit, seen.status, seen.body) == (28, 200, b"")


def test_one_mute_stream_of_h2_leaves_the_others_alone(edge: Edge) -> None:
    arm(edge, "{endpoint: zip}", "{hang: before-headers}")
    urls = [f"https://{NAME}{LIST}"]
    seen = curl(edge, ZIP, *H2, "--max-time", "2", "--parallel", *urls)
    assert answer(LIST)[2] in seen.body + b"".join(h.encode() for h in seen.headers.values())
    assert edge.fired() == {"it": 1}


@PLAIN
def test_half_close_is_a_fin_and_the_other_half_stays(edge: Edge, name: str | None) -> None:
    arm(edge, "{endpoint: zip}", "{half-close: {after: 100}}")
    with connect(edge, name) as sock:
        sock.sendall(get(ZIP))
        got, ended = read(sock)
        assert (got.partition(b"\r\n\r\n")[2], ended) == (WHOLE[:100], "fin")
        if name is None:
            sock.sendall(b"still here")
            time.sleep(0.05)
            sock.sendall(b"and here")


@BOTH
def test_bandwidth_takes_its_time(edge: Edge, version: tuple[str]) -> None:
    arm(edge, "{endpoint: zip}", "{bandwidth: 10000}")
    slow = curl(edge, ZIP, *version)
    fast = curl(edge, LIST, *version)
    assert slow.body == WHOLE
    assert 0.2 <= slow.seconds <= 1.5
    assert fast.seconds < slow.seconds


def test_bandwidth_of_a_whole_connection(edge: Edge) -> None:
    arm(edge, f"{{sni: {NAME}}}", "{bandwidth: 10000}")
    start = time.monotonic()
    connect(edge).close()
    assert time.monotonic() - start > 0.08
    assert edge.records("tls")[0]["fired"] == [
        {"rule": "it", "do": "bandwidth", "match": 1, "from": "handshake"}
    ]


@PLAIN
def test_latency_delays_and_changes_nothing(edge: Edge, name: str | None) -> None:
    arm(edge, "{endpoint: list}", "{latency: {delay: 200ms, jitter: 50ms}}")
    with connect(edge, name) as sock:
        start = time.monotonic()
        sock.sendall(get(LIST))
        first = sock.recv(1)
        took = time.monotonic() - start
        got, _ = read(sock)
        assert (first + got).endswith(answer(LIST)[2])
        assert 0.14 <= took <= 0.6
        start = time.monotonic()
        sock.sendall(get(ZIP))
        sock.recv(1)
        assert time.monotonic() - start < 0.14


def test_slices_are_small(edge: Edge) -> None:
    arm(edge, "{endpoint: list}", "{slicer: {size: 10, delay: 20ms}}")
    with connect(edge, None) as sock:
        sock.sendall(get(LIST))
        pieces = []
        sock.settimeout(0.4)
        try:
            while True:
                pieces.append(sock.recv(4096))
        except TimeoutError:
            pass
    assert b"".join(pieces).endswith(answer(LIST)[2])
    assert len(pieces) > 8
    assert max(map(len, pieces)) <= 40


def test_limit_data_counts_bytes_on_the_wire(edge: Edge) -> None:
    arm(edge, "{endpoint: zip}", "{limit-data: 700}")
    with connect(edge, None) as sock:
        sock.sendall(get(ZIP))
        got, ended = read(sock)
    assert (len(got), ended) == (700, "fin")


def test_a_black_hole_takes_the_whole_connection(edge: Edge) -> None:
    arm(edge, "{endpoint: zip}", "{blackhole: true}")
    with connect(edge) as sock:
        sock.sendall(get(ZIP))
        assert read(sock) == (b"", "silence")
        edge.arm()
        assert read(sock)[0].endswith(WHOLE)


def test_a_client_that_leaves_leaves_nothing_behind(edge: Edge) -> None:
    edge.arm("""
        - {name: hang, where: {endpoint: list}, do: {hang: before-headers}}
        - {name: stall, where: {endpoint: zip}, do: {stall: 10}}
        - {name: hole, where: {endpoint: mod}, do: {blackhole: true}}
    """)
    proxyserver = edge.master.addons.get("proxyserver")
    before = set(proxyserver.connections)
    for path in (LIST, ZIP, ZIP.replace(".zip", ".mod")):
        for name in (None, NAME):
            with connect(edge, name) as sock:
                sock.sendall(get(path))
                read(sock, 0.1)
    assert edge.fired() == {"hang": 2, "stall": 2, "hole": 2}
    assert edge.eventually(lambda: set(proxyserver.connections) <= before)
    assert edge.eventually(lambda: edge.call(lambda: len(edge.faults._waits)) == 0)


def test_through_a_forward_proxy_too(edge: Edge, origin: Origin) -> None:
    arm(edge, "{host: module.example, endpoint: zip}", "{stall: {after: 64}}")
    port = origin.port
    with socket.create_connection(("127.0.0.1", edge.forward), 5) as sock:
        sock.sendall(get(f"http://127.0.0.1:{port}{ZIP}", host=f"module.example:{port}"))
        got, ended = read(sock)
    assert (got.partition(b"\r\n\r\n")[2], ended) == (WHOLE[:64], "silence")


def test_inside_a_connect_tunnel(edge: Edge, origin: Origin) -> None:
    edge.arm(f"""
        - name: zip
          where: {{host: {NAME}, endpoint: zip}}
          do: {{stall: {{after: 64}}}}
        - name: here
          where: {{host: {NAME}, first: 1}}
          do: {{route: "http://127.0.0.1:{origin.port}"}}
    """)
    with socket.create_connection(("127.0.0.1", edge.forward), 5) as raw:
        raw.sendall(f"CONNECT {NAME}:443 HTTP/1.1\r\nHost: {NAME}:443\r\n\r\n".encode())
        assert b" 200 " in raw.recv(4096)
        sock = Tls(raw, edge, NAME)
        sock.sendall(get(ZIP))
        got, ended = read(sock)
    assert (got.partition(b"\r\n\r\n")[2], ended) == (WHOLE[:64], "silence")
    assert edge.fired() == {"zip": 1, "here": 1}


@pytest.mark.parametrize("status", [405, 407, 404])
def test_connect_is_answered_only_by_rules_that_name_it(edge: Edge, status: int) -> None:
    edge.arm(f"""
        - {{name: all, where: {{host: {NAME}}}, do: {{respond: 503}}}}
        - {{name: tunnel, where: {{method: CONNECT}}, do: {{respond: {status}}}}}
    """)
    with socket.create_connection(("127.0.0.1", edge.forward), 5) as raw:
        raw.sendall(f"CONNECT {NAME}:443 HTTP/1.1\r\nHost: {NAME}:443\r\n\r\n".encode())
        assert raw.recv(4096).startswith(f"HTTP/1.1 {status} ".encode())
    assert edge.fired() == {"all": 0, "tunnel": 1}
