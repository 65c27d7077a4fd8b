"""Whatever is sent: an answer below 500, no file but a module's, and a server that goes on."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lab.origin.app import Origin
from lab.world.tree import Tree
from tests.lab.origin.asking import Internet, ask, running

HOSTS = [
    "proxy.golang.org", "proxy.corp.example", "git.corp.example", "github.com", "sum.golang.org",
    "localhost", "mirrors.aliyun.com", "", "[::1]", "unknown.example", "a" * 300,
]  # fmt: skip
PIECES = [
    "..", ".", "%2e%2e", "%2E%2e%2f", "%00", "%", "%zz", "%c0%ae", "%ff", "\\", "%5c", "!", "!!a",
    "@", "@v", "@latest", "list", "v1.8.0.info", "v1.8.0.zip", "v1.8.0.mod", "v1.8.0.ziphash",
    ".info", "master.info", "github.com", "gorilla", "mux", "git.corp.example", "lib", "index.json",
    "world.json", "repos", "0.git", "config", "info", "refs", "git-upload-pack", "sumdb",
    "sum.golang.org", "supported", "lookup", "github.com/gorilla/mux@v1.8.0", "tile", "8", "data",
    "000", "x001", "000.p", "1", "etc", "passwd", "é", "%C3%A9", "A" * 5000, "", "goproxy",
]  # fmt: skip
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "X"]
SECRETS = [b"token-that-works", b'"credentials"', b"root:", b"repositoryformatversion"]

paths = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=9).map("/".join)


@settings(max_examples=400, deadline=None)
@given(
    host=st.sampled_from(HOSTS),
    path=paths,
    query=st.sampled_from(["", "go-get=1", "service=git-upload-pack", "service=x", "%", "&="]),
    method=st.sampled_from(METHODS),
    credentials=st.sampled_from(["", "Basic", "Basic ====", "Bearer é", "Basic " + "A" * 9000]),
)
@example("proxy.golang.org", "../index.json", "", "GET", "")
@example("git.corp.example", "lib/../../index.json", "", "GET", "")
@example("github.com", "gorilla/mux/config", "", "GET", "")
def test_any_request_gets_a_clean_answer(
    tree: Tree, host: str, path: str, query: str, method: str, credentials: str
) -> None:
    raw = path.encode("utf-8", "surrogatepass").decode("latin-1")
    answer = ask(
        Origin(tree), f"{host}/{raw}?{query}", method=method, escape=False,
        headers={"authorization": credentials.encode().decode("latin-1")},
    )  # fmt: skip
    assert answer.status < 500
    assert not any(secret in answer.body for secret in SECRETS)
    if method not in ("GET", "HEAD", "POST"):
        assert answer.status >= 400


@pytest.fixture(scope="module")
def port(tree: Tree) -> Iterator[int]:
    with running(tree) as number:
        yield number


MALFORMED = {
    "absolute URI": (b"GET http://github.com/gorilla/mux HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "no slash": (b"GET index.json HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "authority": (b"CONNECT github.com:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "dot segments": (b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "escaped dot segments": (b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "bad escape": (b"GET /%G1 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "NUL": (b"GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "odd method": (b"BREW /a HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    "POST to a proxy": (
        b"POST /a HTTP/1.1\r\nHost: proxy.golang.org\r\nContent-Length: 2\r\n\r\nhi", 405,
    ),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "long target": (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "huge target": (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431),
    "huge header": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200_000 + b"\r\n\r\n", 431),
    "not HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "two lengths": (
        b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400,
    ),
    "two lengths in one": (b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\nab", 400),
    "signed length": (b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na", 400),
    "blank before the colon": (b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", 400),
    "fold before any header": (b"GET / HTTP/1.1\r\n X: b\r\nHost: a\r\n\r\n", 400),
    "bare CR": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\rY: c\r\n\r\n", 400),
    "two encodings": (
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 501,
    ),
    "unknown encoding": (
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501,
    ),
    "length and encoding": (
        (b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400,
    ),
    "encoding and length": (
        (b"GET /a HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked\r\n"
        b"content-length: 0\r\n\r\n0\r\n\r\n"), 400,
    ),
    "encoding in HTTP/1.0": (
        b"POST /a HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
    ),
    "huge body": (
        b"POST /gorilla/mux/git-upload-pack HTTP/1.1\r\nHost: github.com\r\n"
        b"Content-Length: 99999999999\r\n\r\n" + b"a" * (17 << 20), 413,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case.replace(" ", "-"))
def test_malformed_requests_get_a_4xx_and_the_server_goes_on(port: int, case: str) -> None:
    sent, status = MALFORMED[case]
    with closing(socket.create_connection(("127.0.0.1", port), 10)) as client:
        answered = exchange(client, sent)
    assert answered.startswith(b"HTTP/1.1 %d " % status)
    assert b"Traceback" not in answered
    with closing(socket.create_connection(("127.0.0.1", port), 10)) as client:
        good = b"GET /rsc.io/quote/@v/list HTTP/1.1\r\nHost: proxy.golang.org\r\n\r\n"
        assert exchange(client, good).startswith(b"HTTP/1.1 200 OK")


SMUGGLING = [case for case in MALFORMED if "length" in case or "encoding" in case]
SMUGGLED = b"GET /rsc.io/quote/@v/list HTTP/1.1\r\nHost: proxy.golang.org\r\n\r\n"


@pytest.mark.parametrize("case", SMUGGLING, ids=lambda case: case.replace(" ", "-"))
def test_what_follows_a_body_of_doubtful_length_is_no_request(port: int, case: str) -> None:
    sent, status = MALFORMED[case]
    with closing(socket.create_connection(("127.0.0.1", port), 10)) as client:
        answered = whole(client, sent + SMUGGLED)
    assert answered.startswith(b"HTTP/1.1 %d " % status)
    assert answered.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answered.lower()


@pytest.mark.parametrize("case", ["length and encoding", "encoding and length"])
def test_nor_with_tls(net: Internet, case: str) -> None:
    sent, status = MALFORMED[case]
    context = ssl.create_default_context(cafile=net.env["SSL_CERT_FILE"])
    with (
        closing(socket.create_connection(("127.0.0.1", net.port), 10)) as plain,
        context.wrap_socket(plain, server_hostname="proxy.golang.org") as client,
    ):
        answered = whole(client, sent + SMUGGLED)
    assert answered.startswith(b"HTTP/1.1 %d " % status)
    assert answered.count(b"HTTP/1.1 ") == 1


def whole(client: socket.socket, sent: bytes) -> bytes:
    """Send a request, and return all that is answered until the server closes."""
    client.sendall(sent)
    answered = b""
    with suppress(ConnectionResetError):
        while received := client.recv(65536):
            answered += received
    return answered


def test_a_folded_header_is_one_line(port: int) -> None:
    folded = SMUGGLED.replace(b"\r\n\r\n", b"\r\nX: a\r\n Transfer-Encoding: chunked\r\n\r\n")
    with closing(socket.create_connection(("127.0.0.1", port), 10)) as client:
        assert exchange(client, folded).startswith(b"HTTP/1.1 200 OK")


def test_a_client_that_goes_away_in_the_middle_does_no_harm(port: int) -> None:
    for cut in range(1, 60, 7):
        with closing(socket.create_connection(("127.0.0.1", port), 10)) as client:
            client.sendall(b"GET /rsc.io/quote/@v/v1.5.2.zip HTTP/1.1\r\nHost: a\r\n\r\n"[:cut])
    with closing(socket.create_connection(("127.0.0.1", port), 10)) as client:
        assert b"200 OK" in exchange(client, b"GET /rsc.io/quote/@v/list HTTP/1.0\r\n\r\n")


@pytest.mark.parametrize("case", ["absolute URI", "dot segments", "bad escape", "no host"])
def test_the_same_with_tls(net: Internet, case: str) -> None:
    sent, status = MALFORMED[case]
    context = ssl.create_default_context(cafile=net.env["SSL_CERT_FILE"])
    with (
        closing(socket.create_connection(("127.0.0.1", net.port), 10)) as plain,
        context.wrap_socket(plain, server_hostname="proxy.golang.org") as client,
    ):
        assert exchange(client, sent).startswith(b"HTTP/1.1 %d " % status)


def exchange(client: socket.socket, sent: bytes) -> bytes:
    """Send a request, even if the answer comes before its end; return what is answered."""
    with suppress(OSError):
        client.sendall(sent)
    answered = b""
    while b"\r\n\r\n" not in answered:
        received = client.recv(65536)
        if not received:
            break
        answered += received
    return answered


def test_a_web_socket_is_refused(net: Internet) -> None:
    upgrade = (
        b"GET / HTTP/1.1\r\nHost: proxy.golang.org\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    context = ssl.create_default_context(cafile=net.env["SSL_CERT_FILE"])
    with (
        closing(socket.create_connection(("127.0.0.1", net.port), 10)) as plain,
        context.wrap_socket(plain, server_hostname="proxy.golang.org") as client,
    ):
        assert exchange(client, upgrade).startswith(b"HTTP/1.1 403 ")


def test_a_defect_is_an_answer_without_a_traceback(tree: Tree) -> None:
    gone = Tree(tree.path / "gone")
    gone.__dict__["index"] = tree.index
    answer = ask(Origin(gone), "proxy.golang.org/rsc.io/quote/@v/v1.5.2.zip")
    assert (answer.status, answer.text) == (500, "a defect of golab: FileNotFoundError")
