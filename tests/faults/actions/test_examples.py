"""Every example of the reference fires, and leaves no trace once it is switched off."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from faults import reference, rules
from faults.model.action import Example
from faults.model.base import Stage
from faults.rules import Rule
from tests.faults.clients import CORP, H2, LIST, ask, connect, curl, get, read
from tests.faults.edge import Edge
from tests.faults.origin import SECRET

COBRA = "/github.com/spf13/cobra"
AZURE = "/github.com/%21azure/sdk"
PATHS = {
    "list": LIST,
    "latest": f"{COBRA}/@latest",
    "info": f"{COBRA}/@v/v1.8.0.info",
    "mod": f"{COBRA}/@v/v1.8.0.mod",
    "zip": f"{COBRA}/@v/v1.8.0.zip",
    "sumdb-supported": "/sumdb/sum.golang.org/supported",
    "sumdb-lookup": "/sumdb/sum.golang.org/lookup/github.com/spf13/cobra@v1.8.0",
}
EXAMPLES = [(word, example) for word, example in reference.examples()]
H2_ONLY = {"alpn", "rst-stream", "goaway"}

UNSEEN = {"bandwidth", "client-certificate", "dribble", "key-log", "latency", "negative-cache"} | {
    "route",
    "slicer",
}
"""Faults that show in time, or not in this traffic: they have tests of their own."""


def path_for(rule: Rule) -> tuple[str, str]:
    """Return a path that the rule is about, and headers to send with it."""
    where = rule.where
    if where.header:
        return CORP, f"Authorization: {SECRET}\r\n"
    if where.module and "Azure" in where.module[0]:
        return f"{AZURE}/@v/v1.8.0.info", ""
    if where.version and "incompatible" in where.version[0]:
        return f"{COBRA}/@v/v2.0.0+incompatible.info", ""
    if where.path:
        return f"{COBRA}/@v/v9.9.9.info", ""
    if "auth-fallback" in dict(rule.do):
        return CORP, "Authorization: Basic b2xk\r\n"
    if where.status:
        return CORP, ""
    return PATHS[where.endpoint[0] if where.endpoint else "list"], ""


def traffic(edge: Edge, rule: Rule, wait: float = 5) -> list[str]:
    """Make traffic that the rule is about; return what the client saw, in so many seconds each."""
    if rule.stage is Stage.QUERY:
        answers = [ask(edge, kind, wait=wait) for kind in ("A", "AAAA")]
        return [str(message and (message.response_code, str(message))) for message in answers]
    path, headers = path_for(rule)
    if H2_ONLY & {word for word, _ in rule.do}:
        seen = curl(edge, path, *H2)
        return [f"{seen.exit} {seen.version} {seen.status} {seen.body!r}"]
    times = 1 + (rule.where.after or 0) + bool(rule.where.path)
    return [over_tls(edge, path, headers, wait) for _ in range(times)]


def over_tls(edge: Edge, path: str, headers: str, wait: float) -> str:
    try:
        with connect(edge, timeout=wait) as sock:
            sock.sendall(get(path, more=headers + "Connection: close\r\n"))
            return str(read(sock, wait))
    except (ssl.SSLError, ConnectionError, TimeoutError) as error:
        return type(error).__name__ + str(getattr(error, "reason", error))


@pytest.mark.parametrize(
    ("word", "example"), EXAMPLES, ids=[f"{w}-{n}" for n, (w, _) in enumerate(EXAMPLES)]
)
def test_fires_and_leaves_no_trace(edge: Edge, tmp_path: Path, word: str, example: Example) -> None:
    text = f"[{example.rule}]".replace("port: 443", f"port: {edge.port}")
    text = text.replace("/tmp/", f"{tmp_path}/")
    (rule,) = rules.parse(text)
    edge.arm()
    before = traffic(edge, rule)
    edge.arm(text)
    during = traffic(edge, rule, wait=0.3)
    if not edge.fired()[rule.name]:  # a busy machine has not come to it
        during = traffic(edge, rule, wait=5)
    assert edge.fired()[rule.name] > 0
    fired = [entry for record in edge.records() for entry in record.get("fired", [])]
    assert {entry["do"] for entry in fired} == {word}
    assert not edge.records("error")
    assert during != before or "true answer" in example.seen or word in UNSEEN
    edge.call(lambda: edge.faults.ruleset.switch(rule.name, on=False))
    edge.wait(edge.faults.settled())
    hits = edge.fired()
    assert traffic(edge, rule) == before
    assert edge.fired() == hits
