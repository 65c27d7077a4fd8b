"""What `where` is compared with: the facts of a connection, a handshake, a query, a request."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import unquote

from mitmproxy import connection, dns, http, tls
from mitmproxy.net.dns import types
from mitmproxy.proxy import mode_specs

from faults.goproto import urls
from faults.model.where import OTHER
from faults.traffic import internals


def of_client(client: connection.Client) -> dict[str, Any]:
    """Return what is known of any connection."""
    return {
        "connection": client.id,
        "client": client.peername[0] if client.peername else "",
        "port": client.sockname[1] if client.sockname else 0,
        "address": names_of(client.sockname[0]) if client.sockname else (),
        "age": time.time() - (client.timestamp_start or time.time()),
    }


def names_of(address: str) -> tuple[str, ...]:
    """Return what rules may call an address of the edge."""
    return (address, OTHER) if address == internals.other_address() else (address,)


def of_connection(client: connection.Client) -> dict[str, Any]:
    """Return what is known of a connection after its handshake, if it had one."""
    return {
        **of_client(client),
        "sni": (client.sni or "").lower(),
        "alpn": tuple(protocol.decode("latin-1") for protocol in client.alpn_offers or ()),
    }


def of_hello(data: tls.ClientHelloData) -> dict[str, Any]:
    """Return what the ClientHello says."""
    hello = data.client_hello
    return {
        **of_client(data.context.client),
        "sni": (hello.sni or "").lower(),
        "alpn": tuple(protocol.decode("latin-1") for protocol in hello.alpn_protocols),
    }


def of_query(flow: dns.DNSFlow) -> dict[str, Any]:
    """Return the name and type asked for."""
    question = flow.request.question
    return {
        **of_client(flow.client_conn),
        "query": question.name.lower().rstrip(".") if question else "",
        "query-type": types.to_str(question.type) if question else "",
    }


def of_request(flow: http.HTTPFlow, *, keeps_host: bool) -> dict[str, Any]:
    """Return what is known once a request has been read."""
    request = flow.request
    host = host_of(flow, keeps_host=keeps_host)
    asked = urls.parse(host, request.path)
    client = flow.client_conn
    return {
        **of_client(client),
        "sni": (client.sni or "").lower(),
        "alpn": ((client.alpn or b"").decode("latin-1"),),
        "host": host,
        "path": unquote(request.path.partition("?")[0]),
        "method": request.method,
        "header": request.headers,
        "endpoint": asked.endpoint if asked else "",
        "module": asked.module if asked else "",
        "version": asked.version if asked else "",
    }


def host_of(flow: http.HTTPFlow, *, keeps_host: bool) -> str:
    """Return the host the client meant, lower case and without its port.

    In reverse mode mitmproxy writes its own target into the Host header unless `keep_host_header`
    is set; then the server name of the handshake is the better witness.
    """
    request, client = flow.request, flow.client_conn
    rewritten = isinstance(client.proxy_mode, mode_specs.ReverseMode) and not keeps_host
    name = (client.sni if rewritten else None) or request.host_header or request.host
    if name.startswith("["):
        return name.partition("]")[0].lower() + "]"
    return name.rpartition(":")[0].lower() if ":" in name else name.lower().rstrip(".")
