"""What a probe's request makes of servers that answer in unusual ways, word for word."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import trustme

from lab.sandbox.agent import network
from lab.sandbox.interface import Answer, Request

END = b"\r\n\r\n"


@contextmanager
def server(*pieces: bytes, pause: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """Answer one request with these bytes, a pause of seconds after each; keep what was asked."""
    asked: list[bytes] = []

    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            asked.append(connection.recv(65536))
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}", asked
        thread.join(10)


def fetched(*pieces: bytes, method: str = "GET") -> Answer:
    with server(*pieces) as (place, _):
        return network.fetch(Request(f"http://{place}/list", 5, method))


def test_interim_responses_are_passed_over() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </style>" + END
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-A: b" + END + b"v1\n"
    answer = fetched(early, early, b"HTTP/1.1 100 Continue" + END, final)
    assert (answer.status, answer.body, answer.headers["x-a"]) == (200, b"v1\n", "b")
    assert "link" not in answer.headers


@pytest.mark.parametrize(
    ("reply", "stage", "error"),
    [
        (b"", "headers", "closed without an answer"),
        (b"SSH-2.0-OpenSSH\r\n", "headers", "BadStatusLine: SSH-2.0-OpenSSH\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9" + END + b"v1\n", "body", "is 6 bytes short"),
        (b"HTTP/1.0 200 OK" + END + b"v1\n", "done", ""),
    ],
)
def test_how_far_it_got(reply: bytes, stage: str, error: str) -> None:
    answer = fetched(reply)
    assert answer.stage == stage
    assert error in answer.error
    assert bool(answer.error) == bool(error)


def test_a_head_has_no_body_however_long_that_is_said_to_be() -> None:
    answer = fetched(b"HTTP/1.1 200 OK\r\nContent-Length: 9" + END, method="HEAD")
    assert (answer.stage, answer.error, answer.body) == ("done", "", b"")


def test_of_a_long_body_the_beginning_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MOST_BODY", 1000)
    body = b"x" * 200_000
    answer = fetched(b"HTTP/1.1 200 OK\r\nContent-Length: 200000" + END + body)
    assert (answer.cut, answer.error) == (True, "")
    assert 1000 <= len(answer.body) < len(body)


def test_a_forward_proxy_is_asked_for_the_whole_url_with_its_own_login() -> None:
    with server(b"HTTP/1.1 204 No Content" + END) as (place, asked):
        request = Request("http://proxy.example/list", 5, via=f"http://me:s%2Cecret@{place}")
        assert network.fetch(request).status == 204
    lines = asked[0].decode().split("\r\n")
    assert lines[0] == "GET http://proxy.example/list HTTP/1.1"
    assert "Host: proxy.example" in lines
    assert f"Proxy-Authorization: Basic {b64encode(b'me:s,ecret').decode()}" in lines


def test_a_tunnel_that_is_refused_is_said() -> None:
    with server(b"HTTP/1.1 407 Login Wanted" + END) as (place, asked):
        answer = network.fetch(Request("https://proxy.example/list", 5, via=f"http://{place}"))
    assert asked[0].startswith(b"CONNECT proxy.example:443 HTTP/1.1\r\n")
    assert (answer.stage, answer.error) == (
        "proxy",
        "the forward proxy answers connect with 407 login wanted",
    )


@pytest.mark.parametrize(
    ("tunnel", "begin", "piece", "stage"),
    [
        (True, b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", "proxy"),
        (False, b"HTTP/1.1 200 OK\r\nX-A: ", b"b", "headers"),
        (False, b"", b"HTTP/1.1 103 Early Hints" + END, "headers"),
        (False, b"HTTP/1.1 200 OK" + END, b"v", "body"),
    ],
)
def test_who_sends_a_little_now_and_then_is_late_all_the_same(
    *, tunnel: bool, begin: bytes, piece: bytes, stage: str
) -> None:
    with server(begin, *[piece] * 60, pause=0.05) as (place, _):
        url, via = (
            ("https://proxy.example/", f"http://{place}") if tunnel else (f"http://{place}/", "")
        )
        answer = network.fetch(Request(url, 0.5, via=via))
    assert (answer.stage, answer.error) == (stage, network.OUT_OF_TIME)


@pytest.mark.parametrize("via", ["socks5://127.0.0.1:1", "quic://x"])
def test_other_kinds_of_forward_proxies_are_not_spoken_with(via: str) -> None:
    answer = network.fetch(Request("https://proxy.example/", 5, via=via))
    assert "is not spoken with here" in answer.error


def test_certificates_are_read_again_only_where_their_file_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = trustme.CA(), trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.issue_cert("localhost").configure_cert(serving)
    file, read, load = tmp_path / "ca.pem", [], ssl.create_default_context

    def loaded(*, cafile: str) -> ssl.SSLContext:
        read.append(cafile)
        return load(cafile=cafile)

    def stage() -> str:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            thread = threading.Thread(target=served, args=(listening,), daemon=True)
            thread.start()
            url = f"https://localhost:{listening.getsockname()[1]}/"
            found = network.fetch(Request(url, 5, ca=str(file)), lambda *_: "127.0.0.1")
            thread.join(10)
        return found.stage

    def served(listening: socket.socket) -> None:
        with suppress(OSError), serving.wrap_socket(listening.accept()[0], server_side=True):
            pass

    monkeypatch.setattr(ssl, "create_default_context", loaded)
    theirs.cert_pem.write_to_path(str(file))
    assert (stage(), stage(), len(read)) == ("tls", "tls", 1)
    ours.cert_pem.write_to_path(str(file))
    assert (stage(), len(read)) == ("headers", 2)
