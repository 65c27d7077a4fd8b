"""What can happen to a DNS query."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from faults.vocabulary.base import Action, Example, OneOrMany, Seconds, Stage

Reply = Literal[
    "nxdomain", "servfail", "refused", "no-data", "drop", "only-aaaa", "truncated", "pass"
]


class Dns(Action):
    """Answer a DNS query wrongly, late, or not at all."""

    short: ClassVar[str] = "reply"
    slot: ClassVar[str] = "answer"
    acts: ClassVar[tuple[Stage, ...]] = (Stage.QUERY,)

    reply: Reply | None = Field(None, description="The answer's kind; `drop` sends none.")
    address: Annotated[tuple[IPv4Address | IPv6Address, ...], OneOrMany()] | None = Field(
        None, description="Answer A and AAAA queries with these addresses (TTL 0)."
    )
    delay: Seconds | None = Field(None, description="Wait this long before anything else.")
    flap: tuple[Reply, ...] | None = Field(
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

    examples: ClassVar[tuple[Example, ...]] = (
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
            "TTL 0, so that nothing outlives the rule; a poisoned cache would give it a real TTL.",
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
