"""The edge survives rules that raise and traffic of any kind, and never passes it silently."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mitmproxy import ctx, http
from mitmproxy.addons import proxyserver
from mitmproxy.log import MitmLogHandler
from mitmproxy.test import taddons, tflow, tutils

from faults import reference, rules
from faults.actions.connection.hang import Hang
from faults.actions.module.auth_fallback import AuthFallback
from faults.actions.module.stale_list import StaleList
from faults.actions.module.zip import Zip
from faults.actions.sumdb.sumdb import Sumdb
from faults.addon import Faults
from faults.model.action import Action
from faults.model.base import Stage
from faults.rules import Rule
from tests.faults.clients import BOTH, LIST, NAME, ask, curl
from tests.faults.edge import Edge
from tests.faults.origin import COBRA, answer

LATEST = f"/{COBRA}/@latest"


@BOTH
def test_a_rule_that_raises_fails_its_exchange_loudly(edge: Edge, version: tuple[str]) -> None:
    # The origin has no such list, so the versions for a stale @latest cannot be found.
    edge.arm("""
        - {name: cut, where: {endpoint: latest}, do: {body: {text: 'null'}}}
        - {name: stale, where: {endpoint: latest}, do: {stale-list: v1.8.0}}
    """)
    seen = curl(edge, LATEST, *version)
    assert (seen.status, seen.body) == (502, b"golab: rule stale failed; see the ledger\n")
    (error,) = edge.records("error")
    assert (error["rule"], error["do"]) == ("stale", "stale-list")
    assert error["error"].startswith("TypeError")
    assert edge.fired() == {"cut": 1, "stale": 0}
    assert curl(edge, LIST, *version).body == answer(LIST)[2]


def test_nothing_covers_up_a_failure(edge: Edge) -> None:
    edge.arm("""
        - {name: cut, where: {endpoint: latest}, do: {body: {text: 'null'}}}
        - {name: stale, where: {endpoint: latest}, do: {stale-list: v1.8.0}}
        - {name: page, where: {endpoint: latest, status: 200}, do: {respond: 200}}
        - {name: drops, where: {endpoint: latest}, do: {dribble: 1ms}}
    """)
    assert curl(edge, LATEST).status == 502
    assert edge.fired() == {"cut": 1, "stale": 0, "page": 0, "drops": 0}


def test_a_bad_key_is_an_error_not_a_pass(edge: Edge) -> None:
    edge.arm(
        "[{name: fork, where: {endpoint: sumdb-lookup}, do: {sumdb: {forked: PRIVATE+KEY+x+y+z}}}]"
    )
    seen = curl(edge, f"/sumdb/sum.golang.org/lookup/{COBRA}@v1.8.0")
    assert seen.status == 502
    assert edge.records("error")[0]["rule"] == "fork"


def test_a_handshake_whose_rule_raises_is_reset(edge: Edge) -> None:
    edge.arm(f"[{{name: log, where: {{sni: {NAME}}}, do: {{key-log: /dev/null/nowhere}}}}]")
    assert curl(edge, LIST).exit == 35
    assert edge.records("error")[0]["rule"] == "log"


def test_a_hello_whose_rule_raises_is_reset(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    from faults.traffic import handshake

    monkeypatch.setattr(handshake, "send_alert", lambda *_: 1 / 0)
    edge.arm(f"[{{name: it, where: {{sni: {NAME}}}, do: {{alert: unknown-ca}}}}]")
    assert curl(edge, LIST).exit == 35
    assert edge.records("error")[0]["error"] == "ZeroDivisionError: division by zero"
    assert edge.fired() == {"it": 0}


def test_a_connection_whose_rule_raises_is_closed(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    from faults.traffic import shaping

    monkeypatch.setattr(shaping, "shape", lambda *_: 1 / 0)
    edge.arm(f"[{{name: it, where: {{port: {edge.port}}}, do: {{latency: 1ms}}}}]")
    assert curl(edge, LIST).exit == 35
    assert edge.records("error")[0]["do"] == "latency"


def test_a_query_whose_rule_raises_is_a_servfail(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    from faults.actions.dns import dns

    def broken(*_: object) -> bool:
        raise RuntimeError("broken")

    monkeypatch.setattr(dns, "_reply", broken)
    edge.arm("[{name: it, where: {}, do: {dns: nxdomain}}]")
    message = ask(edge, "A")
    assert message is not None
    assert message.response_code == 2
    assert edge.records("error")[0]["error"] == "RuntimeError: broken"


EXAMPLES = [rules.parse(f"[{example.rule}]")[0] for _, example in reference.examples()]
FILES = ("list", "v1.8.0.info", "v1.8.0.mod", "v1.8.0.zip")
PATHS = st.one_of(
    st.sampled_from(
        [*(LIST.replace("list", name) for name in FILES), "/lookup/a.b/c@v1.0.0", "/x?go-get=1", ""]
    ),
    st.text(max_size=30),
)
BODIES = st.one_of(st.binary(max_size=300), st.sampled_from([b"v1.8.0\n", b"{}", b"null", b"[]"]))
HEADERS = st.lists(
    st.tuples(
        st.sampled_from([b"Host", b"Content-Type", b"Content-Length", b"Transfer-Encoding", b"X"]),
        st.binary(max_size=12),
    ),
    max_size=4,
)


@pytest.fixture(autouse=True)
def _no_mitmproxy_that_has_ended_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its handlers stay with the root logger, and want its event loop."""
    root = logging.getLogger()
    kept = [one for one in root.handlers if not isinstance(one, MitmLogHandler)]
    monkeypatch.setattr(root, "handlers", kept)


@given(
    chosen=st.lists(st.sampled_from(EXAMPLES), max_size=6),
    path=PATHS,
    method=st.sampled_from(["GET", "HEAD", "CONNECT", "POST", "\x00"]),
    status=st.sampled_from([100, 200, 204, 304, 401, 404, 500, 999]),
    body=BODIES,
    headers=HEADERS,
    seed=st.integers(),
)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_rules_and_random_traffic(
    chosen: list[Rule],
    path: str,
    method: str,
    status: int,
    body: bytes,
    headers: list[tuple[bytes, bytes]],
    seed: int,
) -> None:
    def request() -> http.Request:
        return tutils.treq(
            path=path.encode("utf-8", "replace"),
            method=method.encode(),
            headers=http.Headers(headers),
            content=body,
        )

    def flow() -> http.HTTPFlow:
        made = tflow.tflow(req=request(), resp=True)
        made.response = tutils.tresp(
            status_code=status, content=body, headers=http.Headers(headers)
        )
        return made

    ledger = asyncio.run(_cycle(_harmless(chosen), flow, seed))
    assert all(record["kind"] in ("http", "error", "dns", "tcp", "tls") for record in ledger)
    assert "http" in {record["kind"] for record in ledger}


def _harmless(chosen: list[Rule]) -> list[Rule]:
    """Leave out what waits without end or needs an origin, and give each rule its own name."""

    def needs_more(action: Action) -> bool:
        waits = isinstance(action, Hang | StaleList | Sumdb | AuthFallback)
        return waits or (isinstance(action, Zip) and action.of is not None)

    kept = [
        rule
        for rule in chosen
        if rule.stage in (Stage.REQUEST, Stage.RESPONSE)
        and not any(needs_more(action) for _, action in rule.do)
    ]
    return [rule.model_copy(update={"name": f"r{n}"}) for n, rule in enumerate(kept)]


@contextlib.contextmanager
def restored_context() -> Iterator[None]:
    """Give mitmproxy's globals back to the edge of the other tests."""
    before = {name: value for name, value in vars(ctx).items() if not name.startswith("_")}
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(ctx, name, value)


async def _cycle(armed: list[Rule], flow: Any, seed: int) -> list[dict[str, Any]]:
    addon = Faults(armed, seed)
    with restored_context(), taddons.context(proxyserver.Proxyserver(), addon) as context:
        for _ in range(2):
            await context.cycle(addon, flow())
        for query in (tflow.tdnsflow(), tflow.tdnsflow(resp=True)):
            await context.cycle(addon, query)
        return addon.ledger.snapshot()


@given(st.binary(max_size=400))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_bytes_on_every_port(edge: Edge, junk: bytes) -> None:
    for port in (edge.port, edge.forward, edge.dns):
        with socket.create_connection(("127.0.0.1", port), 2) as sock:
            sock.sendall(junk)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(junk, ("127.0.0.1", edge.dns))
    assert edge.call(lambda: True)


def test_the_ledger_is_plain_json_and_in_order(edge: Edge) -> None:
    edge.arm("[{name: it, where: {endpoint: list}, do: {latency: 1ms}}]")
    ask(edge, "A")
    curl(edge, LIST)
    found = edge.records()
    assert json.loads(json.dumps(found)) == found
    assert [record["kind"] for record in found] == ["dns", "tls", "http"]
    assert sorted(record["t"] for record in found) == [record["t"] for record in found]
    http_ = found[-1]
    expected = {
        "method": "GET", "scheme": "https", "host": NAME, "path": LIST, "status": 200,
        "endpoint": "list", "module": COBRA, "version": "", "response_bytes": 21,
    }  # fmt: skip
    assert {key: http_[key] for key in expected} == expected
