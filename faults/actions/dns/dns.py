"""Answers a DNS query wrongly, late, or not at all."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from faults.model.action import Action, Detail, Example
from faults.model.base import OneOrMany, Seconds
from faults.model.where import OTHER
from faults.traffic.decision import Decision

if TYPE_CHECKING:
    from mitmproxy import dns

Reply = Literal[
    "nxdomain", "servfail", "refused", "no-data", "drop", "only-aaaa", "truncated", "pass"
]


def _address(value: Any) -> IPv4Address | IPv6Address | Literal["here", "other"]:
    if value in ("here", "other"):
        return value  # type: ignore[no-any-return]
    try:
        if isinstance(value, str):
            return ip_address(value)
    except ValueError:
        pass
    raise PydanticCustomError("ip_address", "no address")


Address = Annotated[
    IPv4Address | IPv6Address | Literal["here", "other"],
    PlainValidator(_address),
    WithJsonSchema(
        {
            "type": "string",
            "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}, {"enum": ["here", "other"]}],
        }
    ),
]

_ALWAYS = ("nxdomain", "servfail", "refused", "no-data", "drop")


class Dns(Action):
    """Answer a DNS query wrongly, late, or not at all."""

    short = "reply"
    slot = "answer"
    order = 10

    reply: Reply | None = Field(None, description="The answer's kind; `drop` sends none.")
    address: Annotated[tuple[Address, ...], OneOrMany()] | None = Field(
        None,
        description="Answer A and AAAA queries with these addresses (TTL 0), in this order;"
        " `here` is the one that was asked, `other` the second that the edge listens at.",
    )
    delay: Seconds | None = Field(None, description="Wait this long before anything else.")
    flap: list[Reply] | None = Field(
        None, min_length=2, description="The k-th query gets the k-th of these, round and round."
    )

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        answers = [self.reply, self.address, self.flap]
        if sum(answer is not None for answer in answers) > 1:
            raise ValueError("reply, address and flap exclude each other")
        if not any(self.model_fields_set):
            raise ValueError("needs one of reply, address, delay, flap")
        return self

    @property
    def always_answers(self) -> bool:
        """Whether no other answer is given to traffic that it acts on."""
        return self.address is not None or self.reply in _ALWAYS

    @property
    def remembers(self) -> bool:
        """Whether the turn goes by query."""
        return self.flap is not None

    async def on_query(self, decision: Decision, flow: "dns.DNSFlow") -> Detail:
        """Answer the query, or wait first."""
        detail: dict[str, Any] = {}
        if self.delay is not None:
            await decision.hold(flow.client_conn, self.delay)
            detail["delay"] = self.delay
        reply = self.flap[(decision.match - 1) % len(self.flap)] if self.flap else self.reply
        if self.address is not None:
            addresses = [_named(one, flow) for one in self.address]
            flow.response = _addresses(flow, addresses)
            detail["address"] = [str(address) for address in addresses]
        elif reply is not None and _reply(flow, reply):
            detail["reply"] = reply
        return detail or None

    examples = (
        Example(
            "{where: {query: proxy.golang.org}, do: {dns: nxdomain}}",
            "NXDOMAIN at once; go: `no such host`.",
            "A real NXDOMAIN carries the zone's SOA so that resolvers cache it; this one does not.",
        ),
        Example(
            "{where: {query: proxy.golang.org}, do: {dns: servfail}}",
            "SERVFAIL; go asks again, then: `server misbehaving`.",
            "As from a resolver whose upstream is broken; no extended error (RFC 8914).",
        ),
        Example(
            "{where: {query: proxy.golang.org}, do: {dns: refused}}",
            "REFUSED.",
            "As from a resolver that does not serve this client.",
        ),
        Example(
            "{where: {query: proxy.golang.org}, do: {dns: no-data}}",
            "NOERROR without a record; go: `no such host`.",
            "Without the SOA a real empty answer carries.",
        ),
        Example(
            "{where: {query: proxy.golang.org}, do: {dns: drop}}",
            "Nothing, ever; go's resolver gives up after 5 s and two tries per server.",
            "Over UDP as if the packet were lost; over TCP the connection stays open and silent.",
        ),
        Example(
            "{where: {query: proxy.golang.org, query-type: A}, do: {dns: {delay: 200ms}}}",
            "The true answer, 0.2 s late.",
            "The time is added at the edge; the resolver's own time comes on top.",
        ),
        Example(
            "{where: {query: proxy.golang.org}, do: {dns: {address: [192.0.2.1, 2001:db8::1]}}}",
            "A and AAAA point to the wrong place; other types get no data.",
            "TTL 0, so that nothing outlives the rule; a poisoned cache would give it a real TTL."
            " In a local lab the edge is also at fd00:c612::2: an IPv6 address that works.",
        ),
        Example(
            "{where: {query: proxy.golang.org}, do: {dns: {address: 198.18.255.1}}}",
            "In a lab nothing answers there, not even `unreachable`; go stops dialling after 30 s.",
            "As a firewall that drops SYNs. In a lab only 198.18.255.0/24 is so: what else is not"
            " there is `unreachable` at once. Elsewhere it is an address like any other.",
        ),
        Example(
            "{where: {query: proxy.golang.org}, do: {dns: {address: [127.0.0.2, here]}}}",
            "Two addresses, of which the first refuses; go tries the next.",
            "In a lab 127.0.0.2 refuses, 192.0.2.1 is unreachable, 198.18.255.1 is silent. Real"
            " resolvers turn the order round; this one keeps it.",
        ),
        Example(
            "{where: {query: proxy.golang.org, every: 2}, do: {dns: {address: [other, here]}}}",
            "Two addresses that both work, every other time in the other order; with `where:"
            " {address: other}` a second rule makes one of the two bad.",
            "A lab's edge listens at two addresses; elsewhere `other` is the second that the modes"
            " of mitmproxy name, such as `--mode regular@10.0.0.6:8080`.",
        ),
        Example(
            "{where: {query: proxy.golang.org}, do: {dns: only-aaaa}}",
            "A queries get no data, AAAA queries the true answer.",
            "Exactly what a name with IPv6 alone looks like.",
        ),
        Example(
            "{where: {query: proxy.golang.org}, do: {dns: truncated}}",
            "Over UDP an empty answer with TC set, so clients ask again over TCP, which passes.",
            "Real servers cut off what does not fit; this one sends no record at all, as many do.",
        ),
        Example(
            "{where: {query: proxy.golang.org}, do: {dns: {flap: [servfail, pass]}}}",
            "Every other query fails.",
            "The turn goes by query, not by time or by server.",
        ),
    )


def _reply(flow: "dns.DNSFlow", reply: str) -> bool:
    from mitmproxy.net.dns import response_codes, types

    from faults.traffic.queries import silence

    query = flow.request
    kind = query.question.type if query.question else None
    if reply in ("nxdomain", "servfail", "refused"):
        flow.response = query.fail(getattr(response_codes, reply.upper()))
        flow.response.recursion_available = True
    elif reply == "no-data" or (reply == "only-aaaa" and kind == types.A):
        flow.response = query.succeed([])
    elif reply == "truncated" and flow.client_conn.transport_protocol == "udp":
        flow.response = query.succeed([])
        flow.response.truncation = True
    elif reply == "drop":
        silence(flow)
    else:
        return False
    return True


def _named(one: IPv4Address | IPv6Address | str, flow: "dns.DNSFlow") -> IPv4Address | IPv6Address:
    """Return the address that a word stands for.

    Raises:
        ValueError: it stands for none.
    """
    from faults.traffic import internals

    if not isinstance(one, str):
        return one
    if one == OTHER:
        if not (other := internals.other_address()):
            raise ValueError("there is no `other`: this edge listens at one address")
        return ip_address(other)
    name = flow.client_conn.sockname
    found = ip_address(name[0]) if name else IPv4Address(0)
    if found.is_unspecified:
        raise ValueError("`here` is not known: this resolver listens on all addresses")
    return found


def _addresses(flow: "dns.DNSFlow", addresses: Iterable[IPv4Address | IPv6Address]) -> Any:
    from mitmproxy import dns
    from mitmproxy.net.dns import types

    question = flow.request.question
    records = []
    for address in addresses:
        kind = types.A if isinstance(address, IPv4Address) else types.AAAA
        if question and question.type == kind:
            records.append(
                dns.ResourceRecord(question.name, kind, question.class_, 0, address.packed)
            )
    return flow.request.succeed(records)
