"""mitmproxy has the undocumented parts that golab relies on, in the shape that it relies on.

`.ci/mitmproxy-versions` runs this file with every supported version; it says which part has gone
before a fault silently stops working.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h2.connection
import pytest
from mitmproxy import connection, options, version
from mitmproxy.addons import proxyserver, tlsconfig
from mitmproxy.proxy import layer, mode_servers, server
from mitmproxy.proxy.layers import http
from mitmproxy.test import tflow

from faults.traffic import internals
from tests.faults.clients import H1, H2, ZIP, curl
from tests.faults.edge import Edge
from tests.faults.origin import answer

ROOT = Path(__file__).parents[3]


def parameters(function: Callable[..., object]) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_this_version_is_one_that_is_supported() -> None:
    stated = re.search(r'"mitmproxy>=([\d.]+),<(\d+)"', (ROOT / "pyproject.toml").read_text())
    assert stated
    running = tuple(int(part) for part in re.findall(r"\d+", version.VERSION)[:3])
    assert tuple(int(part) for part in stated[1].split(".")) <= running < (int(stated[2]),)


def test_the_connections_of_the_proxy_server_can_be_looked_up() -> None:
    assert proxyserver.Proxyserver().connections == {}
    fields = {field.name for field in dataclasses.fields(server.ConnectionIO)}
    assert {"reader", "writer"} <= fields
    source = inspect.getsource(server.ConnectionHandler.__init__)
    assert "self.transports" in source
    assert "self.layer" in source
    assert issubclass(mode_servers.ProxyConnectionHandler, server.ConnectionHandler)


def test_the_reader_of_a_connection_says_that_a_fin_has_come() -> None:
    import asyncio

    async def fed() -> tuple[bool, bool]:
        reader = asyncio.StreamReader()
        before = internals.has_ended(reader)
        reader.feed_eof()
        return before, internals.has_ended(reader)

    assert asyncio.run(fed()) == (False, True)


def test_a_connection_reads_for_how_long_a_udp_client_may_be_silent() -> None:
    assert "UDP_TIMEOUT" in server.ConnectionHandler.__init__.__code__.co_names


def test_a_server_can_listen_again() -> None:
    assert parameters(mode_servers.AsyncioServerInstance.listen) == ["self", "host", "port"]
    assert inspect.iscoroutinefunction(mode_servers.AsyncioServerInstance.listen)
    assert inspect.iscoroutinefunction(mode_servers.AsyncioServerInstance.stop)
    assert "self._servers" in inspect.getsource(mode_servers.AsyncioServerInstance)
    assert "default" in parameters(type(mode("dns")).listen_host)


def mode(name: str) -> Any:
    from mitmproxy.proxy.mode_specs import ProxyMode

    return ProxyMode.parse(name)


def test_tls_config_has_what_a_handshake_is_made_of() -> None:
    assert parameters(tlsconfig.alpn_select_callback) == ["conn", "options"]
    assert parameters(tlsconfig.TlsConfig.get_cert) == ["self", "conn_context"]
    assert "certstore" in annotated(tlsconfig.TlsConfig)
    assert callable(tlsconfig.TlsConfig.tls_start_client)


def test_a_stream_has_what_the_delivery_of_an_answer_needs() -> None:
    for name in internals.STREAM_PARTS:
        assert hasattr(http.HttpStream, name) or name in inspect.getsource(http.HttpStream), name
    assert parameters(http.HttpStream.send_response) == ["self", "already_streamed"]
    assert parameters(http.HttpStream.check_killed)[:2] == ["self", "emit_error_hook"]
    assert parameters(http.HttpStream.flow_done) == ["self"]
    state = inspect.getsource(http.HttpStream)
    assert all(f"self.{name}_state" in state for name in ("client", "server"))
    assert parameters(http.HttpLayer.__init__)[1:] == ["context", "mode"]


def test_the_layers_above_a_stream_can_be_walked() -> None:
    context = proxy_context(tflow.tclient_conn())
    top = http.HttpLayer(context, http.HTTPMode.regular)
    assert context.layers == [top]
    assert (top.streams, top.connections) == ({}, {})
    assert layer.NextLayer(context).layer is None
    assert hasattr(layer.Layer, "_handle_event")


def proxy_context(client: connection.Client) -> Any:
    from mitmproxy.proxy.context import Context

    return Context(client, options.Options())


def annotated(kind: type) -> set[str]:
    return {name for base in kind.__mro__ for name in vars(base).get("__annotations__", ())}


def test_the_commands_take_what_they_are_given() -> None:
    assert parameters(http.ResponseHeaders) == ["stream_id", "response", "end_stream"]
    assert parameters(http.ResponseData) == ["stream_id", "data"]
    assert parameters(http.ResponseTrailers) == ["stream_id", "trailers"]
    assert parameters(http.SendHttp) == ["event", "connection"]
    assert parameters(http.DropStream) == ["stream_id"]
    assert parameters(http.HttpResponseHook) == ["flow"]
    assert "response" in annotated(http.Http1Server)
    assert {"streams", "h2_conn"} <= annotated(http.Http2Server)
    assert {"send_headers", "reset_stream", "data_to_send"} <= set(dir(h2.connection.H2Connection))


@pytest.mark.parametrize("spoken", [H1, H2])
@pytest.mark.parametrize(
    ("do", "sees"),
    [
        ("{dribble: {every: 1ms, bytes: 64}}", (0, 200)),
        ("{informational: 2}", (0, 200)),
        ("{half-close: {after: 100}}", (18, 200)),
        ("{reset: {after: 100}}", (56, 200)),
    ],
)
def test_answers_are_delivered_in_steps(
    edge: Edge, spoken: tuple[str], do: str, sees: tuple[int, int]
) -> None:
    edge.arm(f"[{{name: it, where: {{endpoint: zip}}, do: {do}}}]")
    seen = curl(edge, ZIP, *spoken)
    assert (seen.exit == 0, seen.status) == (sees[0] == 0, sees[1])
    assert (seen.body == answer(ZIP)[2]) is (sees[0] == 0)
    assert edge.fired() == {"it": 1}
    assert not edge.records("error")


def test_a_handshake_of_our_own_and_a_port_that_closes(edge: Edge) -> None:
    edge.arm("[{name: it, where: {sni: '*'}, do: {certificate: expired}}]")
    assert curl(edge, ZIP).exit == 60
    edge.arm(f"[{{name: it, where: {{port: {edge.port}}}, do: {{refuse: true}}}}]")
    assert curl(edge, ZIP).exit == 7
    edge.arm()
    assert curl(edge, ZIP).status == 200


def test_a_connection_to_an_origin_tells_whether_it_is_idle() -> None:
    assert parameters(http.HttpLayer.get_connection) == ["self", "event", "reuse"]
    source = inspect.getsource(http.Http1Client.__mro__[1])
    assert "self.stream_id = None" in source  # once everything has been answered
    assert {"waiting_for_establishment", "connections"} <= set(http.HttpLayer.__annotations__)
    assert "self.command_sources.pop" in inspect.getsource(http.HttpLayer.get_connection)
    assert parameters(server.ConnectionHandler.__init__) == ["self", "context"]
    assert "async with self.max_conns[" in inspect.getsource(server.ConnectionHandler)


def test_mitmproxy_without_its_unused_addons() -> None:
    code = (
        "from lab.edge import lean\n"
        "from mitmproxy.addons import core, next_layer, proxyserver, tlsconfig\n"
        "import sys; print('mitmproxy.addons.termlog' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "False\n", done.stderr


def test_what_an_edge_seldom_uses_is_loaded_when_it_is() -> None:
    code = (
        "import lab.edge.program, sys\n"
        "from aioquic import tls\n"
        "from mitmproxy import optmanager\n"
        "real = 'service_identity.cryptography', 'ruamel.yaml.main'\n"
        "print(*(name in sys.modules for name in real))\n"
        "print(tls.service_identity.CertificateError.__name__)\n"
        "print(optmanager.ruamel.yaml.YAML().load('a: 1'))\n"
        "print(*(name in sys.modules for name in real))\n"
        "import service_identity\n"
        "print(service_identity.VerificationError is tls.service_identity.VerificationError)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    expected = "False False\nCertificateError\n{'a': 1}\nTrue True\nTrue\n"
    assert done.stdout == expected, done.stderr


PRIVATE = re.compile(r"mitmproxy\.(proxy(?!\.mode_specs)|addons|net\.http)\b")


def test_nothing_else_in_faults_reaches_into_mitmproxy() -> None:
    """Only `internals` imports mitmproxy's layers, commands, servers or addons."""
    for file in (ROOT / "faults").rglob("*.py"):
        if file.name == "internals.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{one.name}" for one in node.names]
            assert not any(map(PRIVATE.match, names)), f"{file}:{node.lineno}: {names}"  # type: ignore[attr-defined]
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("addons", "_servers") or file.name == "addon.py", file
