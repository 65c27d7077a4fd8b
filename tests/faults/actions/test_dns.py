"""DNS faults as a resolver's client and go see them."""

from __future__ import annotations

import time

from tests.faults.clients import NAME, ask, ask_tcp
from tests.faults.edge import Edge


def arm(edge: Edge, do: str, where: str = f"{{query: {NAME}}}") -> None:
    edge.arm(f"[{{name: it, where: {where}, do: {{dns: {do}}}}}]")


def addresses(edge: Edge, kind: str) -> list[str]:
    message = ask(edge, kind)
    assert message is not None
    return [str(record) for record in message.answers]


def test_a_wrong_address_that_nobody_may_keep(edge: Edge) -> None:
    arm(edge, "{address: [192.0.2.1, '2001:db8::1']}")
    assert addresses(edge, "A") == ["192.0.2.1"]
    assert addresses(edge, "AAAA") == ["2001:db8::1"]
    assert addresses(edge, "TXT") == []
    message = ask(edge, "A")
    assert message is not None
    assert message.answers[0].ttl == 0
    assert edge.records("dns")[0]["answers"] == ["192.0.2.1"]


def test_here_is_where_the_resolver_was_asked(edge: Edge) -> None:
    arm(edge, "{address: [192.0.2.1, here, 198.18.255.1]}")
    assert addresses(edge, "A") == ["192.0.2.1", "127.0.0.1", "198.18.255.1"]
    assert addresses(edge, "AAAA") == []
    assert edge.records("dns")[0]["fired"][0]["address"] == [
        "192.0.2.1",
        "127.0.0.1",
        "198.18.255.1",
    ]


def test_only_ipv6(edge: Edge) -> None:
    arm(edge, "only-aaaa")
    assert (addresses(edge, "A"), addresses(edge, "AAAA")) == ([], ["::1"])
    assert edge.fired() == {"it": 1}


def test_truncated_over_udp_and_whole_over_tcp(edge: Edge) -> None:
    arm(edge, "truncated")
    short = ask(edge, "A")
    assert short is not None
    assert (short.truncation, short.answers) == (True, [])
    whole = ask_tcp(edge, "A")
    assert (whole.truncation, len(whole.answers)) == (False, 1)


def test_late(edge: Edge) -> None:
    arm(edge, "{delay: 200ms}")
    start = time.monotonic()
    assert addresses(edge, "A") == ["127.0.0.1"]
    assert time.monotonic() - start >= 0.2
    arm(edge, "{delay: 100ms, reply: servfail}")
    failed = ask(edge, "A")
    assert failed is not None
    assert failed.response_code == 2


def test_every_other_time(edge: Edge) -> None:
    arm(edge, "{flap: [servfail, pass, nxdomain]}")
    codes = [message.response_code for _ in range(6) if (message := ask(edge, "A"))]
    assert codes == [2, 0, 3, 2, 0, 3]
    assert edge.fired() == {"it": 4}


def test_only_one_type_and_names_whatever_their_case(edge: Edge) -> None:
    arm(edge, "nxdomain", "{query: '*.GOLANG.org', query-type: AAAA}")
    assert addresses(edge, "A") == ["127.0.0.1"]
    message = ask(edge, "AAAA", "Proxy.Golang.ORG")
    assert message is not None
    assert message.response_code == 3


def test_a_dropped_query_can_be_asked_again_once_the_rule_is_off(edge: Edge) -> None:
    arm(edge, "drop")
    assert ask(edge, "A", wait=0.2) is None
    edge.call(lambda: edge.faults.ruleset.switch("it", on=False))
    assert addresses(edge, "A") == ["127.0.0.1"]
