"""Real clients: curl, go, and sockets that say exactly what came over the wire."""

from __future__ import annotations

import os
import random
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import h2.config
import h2.connection
import h2.events
import pytest
from mitmproxy import dns

from tests.faults.edge import Edge
from tests.programs import needed

T = TypeVar("T")
Message: Any = getattr(dns, "DNSMessage", None) or dns.Message  # mitmproxy 12's name, or 11's

NAME = "proxy.golang.org"
LIST = "/github.com/spf13/cobra/@v/list"
ZIP = "/github.com/spf13/cobra/@v/v1.8.0.zip"
CORP = "/git.corp.example/lib/@v/list"


@dataclass(frozen=True)
class Seen:
    """What a client got: exit status, head, body, what it complained of, and for how long."""

    exit: int
    version: str
    status: int
    headers: dict[str, str]
    body: bytes
    stderr: str
    seconds: float


def curl(edge: Edge, path: str, *options: str, tls: bool = True, name: str = NAME) -> Seen:
    """Ask the edge with curl, over HTTP/2 and TLS unless told otherwise."""
    scheme = "https" if tls else "http"
    command = [
        needed("curl"),
        "-sS",
        "-i",
        "--suppress-connect-headers",
        "--path-as-is",
        "--cacert",
        str(edge.ca),
        "--noproxy",
        "*",
        "--connect-to",
        f"{name}::127.0.0.1:{edge.port}",
        "--max-time",
        "5",
        *options,
        f"{scheme}://{name}{path}",
    ]
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, timeout=30)
    took = time.monotonic() - start
    head, body = b"", done.stdout
    while body.startswith(b"HTTP/"):
        head, _, body = body.partition(b"\r\n\r\n")
        if not head.split(b" ")[1].startswith(b"1"):
            break
    lines = head.decode("latin-1").split("\r\n")
    headers = {
        key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines[1:])
    }
    status = int(lines[0].split()[1]) if len(lines[0].split()) > 1 else 0
    version = lines[0].split()[0] if lines[0] else ""
    return Seen(done.returncode, version, status, headers, body, done.stderr.decode(), took)


H1 = ("--http1.1",)
H2 = ("--http2",)
BOTH = pytest.mark.parametrize("version", [H1, H2], ids=["h1", "h2"])


def connect(
    edge: Edge, name: str | None = NAME, alpn: str = "http/1.1", timeout: float = 5
) -> socket.socket | Tls:
    """Open a connection, with TLS if a server name is given."""
    raw = socket.create_connection(("127.0.0.1", edge.port), timeout)
    if name is None:
        return raw
    try:
        return Tls(raw, edge, name, alpn)
    except BaseException:
        raw.close()
        raise


class Tls:
    """TLS over a plain socket, so that how TCP ends is seen as it is (ssl hides a RST)."""

    def __init__(self, raw: socket.socket, edge: Edge, name: str, alpn: str = "http/1.1") -> None:
        context = ssl.create_default_context(cafile=str(edge.ca))
        context.set_alpn_protocols([alpn])
        self.raw = raw
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self._in, self._out, server_hostname=name)
        self._until_done(self.session.do_handshake)

    def _until_done(self, work: Callable[[], T]) -> T:
        while True:
            try:
                return work()
            except ssl.SSLWantReadError:
                self._flush()
                if data := self.raw.recv(65536):
                    self._in.write(data)
                else:
                    self._in.write_eof()
            finally:
                self._flush()

    def _flush(self) -> None:
        if data := self._out.read():
            self.raw.sendall(data)

    def sendall(self, data: bytes) -> None:
        self.session.write(data)
        self._flush()

    def recv(self, size: int) -> bytes:
        try:
            return self._until_done(lambda: self.session.read(size))
        except ssl.SSLEOFError:
            return b""

    def settimeout(self, seconds: float) -> None:
        self.raw.settimeout(seconds)

    def close(self) -> None:
        self.raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def get(path: str, host: str = NAME, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


def read(sock: socket.socket | Tls, wait: float = 0.4) -> tuple[bytes, str]:
    """Read until nothing comes for `wait` seconds; say how it ended: silence, fin or rst."""
    sock.settimeout(wait)
    got = b""
    while True:
        try:
            piece = sock.recv(65536)
        except TimeoutError:
            return got, "silence"
        except ConnectionResetError:
            return got, "rst"
        if not piece:
            return got, "fin"
        got += piece


def h2_events(edge: Edge, path: str) -> list[h2.events.Event]:
    """GET over HTTP/2 and return every event until the stream has ended."""
    talk = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding=None))
    talk.initiate_connection()
    fields = [(":method", "GET"), (":scheme", "https"), (":authority", NAME), (":path", path)]
    talk.send_headers(1, fields, end_stream=True)
    seen: list[h2.events.Event] = []
    with connect(edge, alpn="h2") as sock:
        sock.settimeout(2)
        while not any(isinstance(e, h2.events.StreamEnded | h2.events.StreamReset) for e in seen):
            sock.sendall(talk.data_to_send())
            if not (data := sock.recv(65536)):
                break
            seen += talk.receive_data(data)
    return seen


def ask(edge: Edge, kind: str, name: str = NAME, wait: float = 5.0) -> Any:
    """Send a DNS query over UDP; None if no answer comes."""
    return ask_at(edge.dns, kind, name, wait)


def ask_at(port: int, kind: str, name: str, wait: float = 5.0) -> Any:
    asked = query(kind, name)
    end = time.monotonic() + wait
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(asked, ("127.0.0.1", port))
        while (left := end - time.monotonic()) > 0:
            sock.settimeout(left)
            try:
                answer = sock.recv(4096)
            except TimeoutError:
                return None
            if answer[:2] == asked[:2]:  # else a late one, for whoever had this port before
                return Message.unpack(answer)
    return None


def ask_tcp(edge: Edge, kind: str, name: str = NAME) -> Any:
    with socket.create_connection(("127.0.0.1", edge.dns), timeout=2) as sock:
        message = query(kind, name)
        sock.sendall(struct.pack("!H", len(message)) + message)
        (size,) = struct.unpack("!H", sock.recv(2))
        return Message.unpack(sock.recv(size))


def query(kind: str, name: str) -> bytes:
    """Return a DNS query that asks for recursion (RFC 1035, 4.1)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    asked = labels + b"\0" + struct.pack("!HH", getattr(dns.types, kind), dns.classes.IN)
    return struct.pack("!6H", random.randrange(1 << 16), 0x0100, 1, 0, 0, 0) + asked


def go(
    edge: Edge,
    home: Path,
    go: str,
    *arguments: str,
    tls: bool = True,
    timeout: float = 20,
    **env: str,
) -> subprocess.CompletedProcess[str]:
    """Run the go command in an empty home of its own, with the edge as its module proxy."""
    base = f"https://localhost:{edge.port}" if tls else f"http://127.0.0.1:{edge.port}"
    home.mkdir(parents=True, exist_ok=True)
    clean = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "GOPATH": str(home / "go"),
        "GOCACHE": str(home / "cache"),
        "GOENV": "off",
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "GOPROXY": base,
        "GOSUMDB": "off",
        "SSL_CERT_FILE": str(edge.ca),
        **env,
    }
    return subprocess.run(
        [go, *arguments], cwd=home, env=clean, capture_output=True, text=True, timeout=timeout
    )
