"""DNS faults."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

from mitmproxy import dns
from mitmproxy.net.dns import response_codes, types

from faults.exchange import Detail, Turn
from faults.vocabulary.dns import Dns

_FAILURES = {
    "nxdomain": response_codes.NXDOMAIN,
    "servfail": response_codes.SERVFAIL,
    "refused": response_codes.REFUSED,
}
SILENT = "faults.silent"


def facts(flow: dns.DNSFlow) -> dict[str, Any]:
    """Return the name and type asked for."""
    question = flow.request.question
    return {
        "query": question.name.lower().rstrip(".") if question else "",
        "query-type": types.to_str(question.type) if question else "",
    }


async def answer(turn: Turn, flow: dns.DNSFlow) -> Detail:
    """Do what a `dns` action says; sets `flow.response` if it answers."""
    action = turn.action
    assert isinstance(action, Dns)
    detail: dict[str, Any] = {}
    if action.delay is not None:
        await turn.waits.hold(turn.rule, flow.client_conn, action.delay)
        detail["delay"] = action.delay
    reply = action.flap[(turn.match - 1) % len(action.flap)] if action.flap else action.reply
    if action.address is not None:
        flow.response = _addresses(flow, action)
        detail["address"] = [str(address) for address in action.address]
    elif reply is not None and _reply(flow, reply):
        detail["reply"] = reply
    return detail or None


def _reply(flow: dns.DNSFlow, reply: str) -> bool:
    query = flow.request
    kind = query.question.type if query.question else None
    if reply in _FAILURES:
        flow.response = query.fail(_FAILURES[reply])
        flow.response.recursion_available = True
    elif reply == "no-data" or (reply == "only-aaaa" and kind == types.A):
        flow.response = query.succeed([])
    elif reply == "truncated" and flow.client_conn.transport_protocol == "udp":
        flow.response = query.succeed([])
        flow.response.truncation = True
    elif reply == "drop":
        flow.response = query.succeed([])
        flow.metadata[SILENT] = True
    else:
        return False
    return True


def _addresses(flow: dns.DNSFlow, action: Dns) -> Any:
    question = flow.request.question
    records = []
    for address in action.address or ():
        kind = types.A if isinstance(address, IPv4Address) else types.AAAA
        if question and question.type == kind:
            records.append(
                dns.ResourceRecord(question.name, kind, question.class_, 0, address.packed)
            )
    return flow.request.succeed(records)
