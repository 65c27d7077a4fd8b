"""Answers DNS for the names of the lab, and sends every request of theirs to the origin."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection

from mitmproxy import dns, http
from mitmproxy.net.dns import response_codes, types

EDGE_HEADER = "Golab-Edge"
"""As `lab.origin.app` has it, which an edge does not load."""


class LabNames:
    """Resolve the names of the lab to the edge, and nothing else to anything."""

    def __init__(self, names: Collection[str], address: str) -> None:
        self.names = frozenset(names)
        self.address = ipaddress.IPv4Address(address)

    def dns_request(self, flow: dns.DNSFlow) -> None:
        """Answer A queries for lab names; any other type of theirs is "no data"."""
        if flow.response or flow.error or not flow.live:
            return
        question = flow.request.question
        if question is None or question.name.lower().rstrip(".") not in self.names:
            flow.response = flow.request.fail(response_codes.NXDOMAIN)
        elif question.type == types.A:
            record = dns.ResourceRecord.A(question.name, self.address, ttl=1)
            flow.response = flow.request.succeed([record])
        else:
            flow.response = flow.request.succeed([])


class ToOrigin:
    """Send each request to the origin in plain HTTP/1.1 with the Host it asked for.

    Whoever asks for a name that is not of the lab gets a 502, as from a proxy without a route.
    """

    def __init__(self, names: Collection[str], address: tuple[str, int], token: str) -> None:
        self.names = frozenset(names)
        self.address = address
        self.token = token

    def request(self, flow: http.HTTPFlow) -> None:
        """Redirect the request; the Host that was asked for comes last, as others set it, too."""
        if flow.response or flow.error or not flow.live:
            return
        host = flow.request.pretty_host.lower()
        if host not in self.names:
            text = f"golab: there is no {host} in this lab\n"
            flow.response = http.Response.make(502, text, {"Content-Type": "text/plain"})
            return
        authority = flow.request.host_header or host
        flow.request.scheme = "http"
        flow.request.host, flow.request.port = self.address
        flow.request.http_version, flow.request.authority = "HTTP/1.1", ""
        flow.request.headers["Host"] = authority
        flow.request.headers[EDGE_HEADER] = self.token
