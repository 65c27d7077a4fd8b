"""What probes do on the network, from where the client stands: fetch, resolve, handshake.

Runs inside the lab, next to the client and with its resolv.conf and its certificates.
"""

from __future__ import annotations

import contextlib
import encodings.idna  # noqa: F401 - the same; Python's resolver calls encode with it
import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

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

from lab.sandbox.interface import Answer

_MOST_BODY = 8 << 20


class _Deadline:
    """Counts down one limit over all the stages of a request."""

    def __init__(self, seconds: float) -> None:
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("time limit reached")
        return left


def fetch(url: str, headers: Mapping[str, str], limit: float) -> Answer:
    """Make one GET request over HTTP/1.1, without following redirects; see `Answer`."""
    started = time.monotonic()
    deadline = _Deadline(limit)
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    stage, status, got, body = "dns", 0, {}, b""
    error = ""
    with contextlib.ExitStack() as stack:
        try:
            address = _lookup(host, deadline)
            stage = "connect"
            raw = stack.enter_context(socket.create_connection((address, port), deadline.left()))
            stage = "tls"
            stream = _secured(raw, host, deadline) if parts.scheme == "https" else raw
            stack.callback(stream.close)
            stage = "headers"
            stream.settimeout(deadline.left())
            connection = http.client.HTTPConnection(host, port)
            connection.sock = stream
            asked = {"User-Agent": "golab-probe", "Accept-Encoding": "identity", **headers}
            connection.request("GET", target, headers=asked)
            response = connection.getresponse()
            status, got = response.status, {k.lower(): v for k, v in response.getheaders()}
            stage = "body"
            while len(body) < _MOST_BODY:
                stream.settimeout(deadline.left())
                piece = response.read1(65536)
                if not piece:
                    break
                body += piece
            if response.length:
                raise http.client.IncompleteRead(b"", response.length)
            stage = "done"
        except (OSError, http.client.HTTPException, ValueError) as problem:
            error = describe(problem)
    return Answer(stage, status, got, body, error, round(time.monotonic() - started, 4))


def describe(problem: BaseException) -> str:
    """Say in a few words what went wrong on a network."""
    if isinstance(problem, TimeoutError):
        return "no answer within the limit"
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


def _secured(raw: socket.socket, name: str, deadline: _Deadline) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    raw.settimeout(deadline.left())
    return context.wrap_socket(raw, server_hostname=name)


def _lookup(host: str, deadline: _Deadline) -> str:
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
    """Ask each resolver for the IPv4 addresses of `name`.

    Returns: resolver -> addresses joined by a space, or `NXDOMAIN`, `SERVFAIL`, `NODATA`,
        `no answer within the limit`, …
    """
    answers = {}
    for resolver in resolvers():
        outcome, addresses = ask(resolver, name, limit)
        answers[resolver] = " ".join(addresses) or outcome
    return answers


def ask(resolver: str, name: str, limit: float) -> tuple[str, list[str]]:
    """Send one A query over UDP (RFC 1035) and return the outcome and the addresses."""
    try:
        query = dns.message.make_query(name, dns.rdatatype.A)
        reply = dns.query.udp(query, resolver, timeout=limit, ignore_unexpected=True)
    except dns.exception.Timeout:
        return "no answer within the limit", []
    except (OSError, dns.exception.DNSException) as problem:
        return describe(problem), []
    if reply.rcode() != dns.rcode.NOERROR:
        return dns.rcode.to_text(reply.rcode()), []
    addresses = [
        record.to_text()
        for answer in reply.answer
        if answer.rdtype == dns.rdatatype.A
        for record in answer
    ]
    return ("NOERROR" if addresses else "NODATA"), addresses


def handshake(address: str, server_name: str, limit: float) -> str:
    """Connect to `address`:443 and shake hands under this SNI; '' is success, else the error.

    The certificate is not checked: what is asked is whether the handshake gets through.
    """
    deadline = _Deadline(limit)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((address, 443), deadline.left()) as raw:
            raw.settimeout(deadline.left())
            with context.wrap_socket(raw, server_hostname=server_name):
                return ""
    except OSError as problem:
        return describe(problem)
