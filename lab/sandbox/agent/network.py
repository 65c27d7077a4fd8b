"""What probes do on the network, from where the client stands: fetch, resolve, handshake.

Runs inside the lab, next to the client and with its resolv.conf and its certificates.
"""

from __future__ import annotations

import contextlib
import encodings.idna  # noqa: F401 - the same; Python's resolver calls encode with it
import http.client
import io
import ipaddress
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

# Loaded on first use otherwise, when the host's Python is already out of sight.
import dns.rdtypes.ANY.CNAME
import dns.rdtypes.ANY.OPT
import dns.rdtypes.ANY.SOA
import dns.rdtypes.IN.A
import dns.rdtypes.IN.AAAA

from lab.sandbox.interface import Answer, Handshake, Request

MOST_BODY = 8 << 20
"""Bytes of a body that are kept."""

OUT_OF_TIME = "no answer within the limit"
"""What is said of whoever did not answer in time."""

_CONTINUE, _SWITCHING, _OK = 100, 101, 200


class Deadline:
    """Counts down one limit over all the stages of a request."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left, or raise a TimeoutError."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("time limit reached")
        return left


Lookup = Callable[[str, Deadline], str]


def fetch(request: Request, lookup: Lookup | None = None) -> Answer:
    """Make one HTTP/1.1 request, without following redirects; see `Answer`.

    Args:
        request: what is asked.
        lookup: how a name becomes an address; by default from the resolvers of /etc/resolv.conf.
    """
    attempt = _Attempt(request, lookup or _lookup)
    error = ""
    try:
        attempt.make()
    except (OSError, http.client.HTTPException, ValueError) as problem:
        error = describe(problem)
    finally:
        attempt.end.close()
    return attempt.answer(error)


class _Attempt:
    def __init__(self, request: Request, lookup: Lookup) -> None:
        self.request, self.lookup = request, lookup
        self.started = time.monotonic()
        self.deadline = Deadline(request.limit)
        self.end = contextlib.ExitStack()
        self.stage = "dns"
        self.status, self.first, self.pause, self.protocol = 0, 0.0, 0.0, ""
        self.wait = 0.0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.cut = False

    def make(self) -> None:
        parts = urlsplit(self.request.url)
        host, port = parts.hostname or "", _port(parts)
        secure = parts.scheme == "https"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"User-Agent": "golab-probe", "Accept-Encoding": "identity"}
        if self.request.via:
            stream = self._forwarded(host, port, secure=secure)
            if not secure:
                target = f"http://{_at(host, parts.port)}{target}"
                headers |= _login(urlsplit(self.request.via))
        else:
            stream = self._connected(host, port)
        if secure:
            stream = self._secured(stream, host)
        self.stage = "headers"
        connection = http.client.HTTPConnection(host, port)
        connection.response_class = _Response
        timed: Any = _Timed(stream, self.deadline)
        connection.sock = timed
        headers |= {"Host": _at(host, parts.port), **self.request.headers}
        asked = time.monotonic()
        connection.request(self.request.method, target, headers=headers)
        response = connection.getresponse()
        self.first, self.wait = time.monotonic() - self.started, time.monotonic() - asked
        self.status = response.status
        self.protocol = f"HTTP/{response.version // 10}.{response.version % 10}"
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.stage = "body"
        self._read(response)
        self.stage = "done"

    def _read(self, response: http.client.HTTPResponse) -> None:
        while True:
            if len(self.body) >= MOST_BODY:
                self.cut = True
                return
            waiting = time.monotonic()
            try:
                piece = response.read1(65536)
            finally:
                self.pause = max(self.pause, time.monotonic() - waiting)
            if not piece:
                break
            self.body += piece
        if response.length and self.request.method != "HEAD":
            raise http.client.IncompleteRead(b"", response.length)

    def _connected(self, host: str, port: int) -> socket.socket:
        self.stage = "dns"
        address = self.lookup(host, self.deadline)
        self.stage = "connect"
        raw = socket.create_connection((address, port), self.deadline.left())
        return self.end.enter_context(raw)

    def _forwarded(self, host: str, port: int, *, secure: bool) -> socket.socket:
        """Go through a forward proxy; for https, by a tunnel (RFC 9110, CONNECT)."""
        via = urlsplit(self.request.via)
        if via.scheme not in ("http", "https"):
            raise OSError(f"a forward proxy of the kind {via.scheme} is not spoken with here")
        stream = self._connected(via.hostname or "", _port(via))
        self.stage = "proxy"
        if via.scheme == "https":
            stream = self._secured(stream, via.hostname or "")
            self.stage = "proxy"
        if secure:
            timed: Any = _Timed(stream, self.deadline)
            lines = [f"CONNECT {_at(host, port)} HTTP/1.1", f"Host: {_at(host, port)}"]
            lines += [f"{name}: {value}" for name, value in _login(via).items()]
            timed.sendall("\r\n".join([*lines, "", ""]).encode("latin-1", "replace"))
            response = http.client.HTTPResponse(timed, method="CONNECT")
            response.begin()
            if response.status != _OK:
                said = f"{response.status} {response.reason}".strip()
                raise OSError(f"the forward proxy answers CONNECT with {said}")
        return stream

    def _secured(self, raw: socket.socket, name: str) -> ssl.SSLSocket:
        self.stage = "tls"
        ca = self.request.ca
        context = _trusting(ca, Path(ca).stat().st_mtime_ns if ca else 0)
        raw.settimeout(self.deadline.left())
        return self.end.enter_context(context.wrap_socket(raw, server_hostname=name))

    def answer(self, error: str) -> Answer:
        return Answer(
            stage=self.stage,
            status=self.status,
            headers=self.headers,
            body=bytes(self.body),
            error=error,
            seconds=round(time.monotonic() - self.started, 4),
            first=round(self.first, 4),
            pause=round(self.pause, 4),
            protocol=self.protocol,
            cut=self.cut,
            wait=round(self.wait, 4),
        )


@lru_cache(16)
def _trusting(ca: str, changed: int) -> ssl.SSLContext:
    """Return a context for clients; to read the system's bundle is most of what a request costs."""
    return ssl.create_default_context(cafile=ca or None)


class _Timed:
    """What http.client needs of a socket; each call has only the time that is left of all.

    A socket's own time-out is for each call: who sends a byte now and then is never late.
    """

    def __init__(self, stream: socket.socket, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def sendall(self, data: bytes) -> None:
        self._stream.settimeout(self._deadline.left())
        self._stream.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"
        return io.BufferedReader(_Reading(self._stream, self._deadline))

    def close(self) -> None:
        """Leave that to whoever has opened it."""


class _Reading(io.RawIOBase):
    def __init__(self, stream: socket.socket, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._stream.settimeout(self._deadline.left())
        return self._stream.recv_into(buffer)


class _Response(http.client.HTTPResponse):
    """A response behind any number of interim ones, such as 103 Early Hints (RFC 9110, 15.2)."""

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
            if not _CONTINUE < found[1] < _OK or found[1] == _SWITCHING:
                return found
            http.client.parse_headers(self.fp)


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _at(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" if port else name


def _login(via: SplitResult) -> dict[str, str]:
    if via.username is None:
        return {}
    login = f"{unquote(via.username)}:{unquote(via.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(login.encode()).decode()}"}


def describe(problem: BaseException) -> str:
    """Say in a few words what went wrong on a network."""
    if isinstance(problem, TimeoutError):
        return OUT_OF_TIME
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"certificate: {problem.verify_message}"
    if isinstance(problem, ssl.SSLError):
        return f"TLS: {(problem.reason or str(problem)).lower().replace('_', ' ')}"
    if isinstance(problem, http.client.IncompleteRead):
        return f"the body is {problem.expected} bytes short"
    if isinstance(problem, http.client.RemoteDisconnected):
        return "closed without an answer"
    if isinstance(problem, OSError):
        return (problem.strerror or str(problem)).lower()
    return f"{type(problem).__name__}: {problem}"


def _lookup(host: str, deadline: Deadline) -> str:
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(host))
    last = "no resolver is set up"
    for resolver in resolvers():
        outcome, addresses = ask(resolver, host, min(deadline.left(), 5.0))
        if addresses:
            return addresses[0]
        last = outcome
        if outcome == "NXDOMAIN":
            break
    raise OSError(f"{host}: {last}")


def resolvers() -> list[str]:
    """Return the resolvers of /etc/resolv.conf, in order."""
    with contextlib.suppress(OSError):
        lines = [line.split() for line in Path("/etc/resolv.conf").read_text().splitlines()]
        return [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]
    return []


def resolve(name: str, limit: float) -> dict[str, str]:
    """Ask each resolver for the IPv4 addresses of `name`, or for those of IPv6 if it has none.

    Returns: resolver -> addresses joined by a space, or `NXDOMAIN`, `SERVFAIL`, `NODATA`,
        `no answer within the limit`, …
    """
    answers = {}
    for resolver in resolvers():
        outcome, addresses = ask(resolver, name, limit)
        if outcome == "NODATA":
            outcome, addresses = ask(resolver, name, limit, dns.rdatatype.AAAA)
        answers[resolver] = " ".join(addresses) or outcome
    return answers


def ask(
    resolver: str, name: str, limit: float, kind: dns.rdatatype.RdataType = dns.rdatatype.A
) -> tuple[str, list[str]]:
    """Send one query over UDP (RFC 1035) and return the outcome and the addresses."""
    try:
        query = dns.message.make_query(name, kind)
        reply = dns.query.udp(query, resolver, timeout=limit, ignore_unexpected=True)
    except dns.exception.Timeout:
        return OUT_OF_TIME, []
    except (OSError, dns.exception.DNSException) as problem:
        return describe(problem), []
    if reply.rcode() != dns.rcode.NOERROR:
        return dns.rcode.to_text(reply.rcode()), []
    addresses = [
        record.to_text() for answer in reply.answer if answer.rdtype == kind for record in answer
    ]
    return ("NOERROR" if addresses else "NODATA"), addresses


def handshake(address: str, server_name: str, limit: float, port: int = 443) -> Handshake:
    """Connect to `address` and shake hands under this SNI.

    The certificate is not checked: what is asked is whether the handshake gets through.
    """
    deadline = Deadline(limit)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((address, port), deadline.left()) as raw:
            raw.settimeout(deadline.left())
            with context.wrap_socket(raw, server_hostname=server_name) as stream:
                return Handshake("", stream.getpeercert(binary_form=True) or b"")
    except OSError as problem:
        return Handshake(describe(problem))
