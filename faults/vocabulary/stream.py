"""What can happen to a connection: resets, silence, slowness; inside TLS and on kept-alive ones."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from faults.vocabulary.base import Action, Bytes, Example, Seconds, Stage

At = Literal["accept", "handshake", "before-headers", "after-headers"]

_STAGES: dict[str | None, tuple[Stage, ...]] = {
    "accept": (Stage.CONNECT,),
    "handshake": (Stage.HELLO,),
    "before-headers": (Stage.TUNNEL, Stage.REQUEST, Stage.RESPONSE),
    "after-headers": (Stage.REQUEST, Stage.RESPONSE),
    None: (Stage.REQUEST, Stage.RESPONSE),
}


class _Cut(Action):
    """Something that happens at one place of the conversation."""

    short: ClassVar[str] = "at"
    slot: ClassVar[str] = "delivery"

    at: At | None = Field(None, description="Where in the conversation.")
    after: Bytes | None = Field(None, description="Or: after this many bytes of the body.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.at is None) == (self.after is None):
            raise ValueError("needs either `at` or `after`")
        return self

    def stages(self) -> tuple[Stage, ...]:
        """Return when this can be decided: that depends on where it happens."""
        return _STAGES[self.at]

    @property
    def early(self) -> bool:
        """Whether it is done before the origin is asked, if it is decided by then."""
        return self.at == "before-headers"


class Reset(_Cut):
    """Reset the connection (TCP RST)."""

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {port: 443}, do: {reset: accept}}",
            "The connection is made, then reset before a byte is exchanged.",
            "A RST on the wire. A firewall that resets the SYN looks like `refuse` instead.",
        ),
        Example(
            "{where: {sni: proxy.golang.org}, do: {reset: handshake}}",
            "RST in answer to the ClientHello; go: `read: connection reset by peer`.",
            "As SNI filters do, except that some of those reset both ends and let the server's"
            " first bytes pass.",
        ),
        Example(
            "{where: {endpoint: list}, do: {reset: before-headers}}",
            "The request is read, then RST.",
            "On HTTP/2 every stream of the connection dies with it, as with a real RST.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {reset: after-headers}}",
            "The answer's headers arrive, then RST.",
            "What was sent is acknowledged before the RST leaves, so that it is not lost.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {reset: {after: 100}}}",
            "Exactly 100 bytes of body arrive, then RST.",
            "Counted in body bytes, also inside TLS and HTTP/2 frames.",
        ),
    )


class Hang(_Cut):
    """Say nothing more, and hold the socket open."""

    for_: Seconds | None = Field(
        None, description="Go on after this time; without it, not before the rule is off."
    )

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {port: 443}, do: {hang: accept}}",
            "Connected, and then mute; go's TLS handshake gives up after 10 s.",
            "The kernel acknowledges what the client sends. A black hole that eats the SYN cannot"
            " be made by a listener: point the name at a dead address for that.",
        ),
        Example(
            "{where: {sni: proxy.golang.org}, do: {hang: handshake}}",
            "The ClientHello is never answered; go: `TLS handshake timeout` after 10 s.",
            "An SNI black hole would also stop the acknowledgements; nobody above TCP can tell.",
        ),
        Example(
            "{where: {endpoint: list}, do: {hang: before-headers}}",
            "The request is taken, nothing comes back; go waits for ever.",
            "On HTTP/2 only this stream is mute; pings and other streams go on.",
        ),
        Example(
            "{where: {endpoint: list}, do: {hang: {at: before-headers, for: 200ms}}}",
            "The true answer, 0.2 s late.",
            "The origin is asked only after the wait.",
        ),
        Example(
            "{where: {endpoint: list}, do: {hang: after-headers}}",
            "Status and headers arrive, the body never does.",
            "On HTTP/2 only this stream is mute.",
        ),
    )


class HalfClose(_Cut):
    """Send FIN: our side is finished, in the middle of things; the client may still send."""

    at: Literal["before-headers", "after-headers"] | None = Field(
        None, description="Where in the conversation."
    )

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: list}, do: {half-close: before-headers}}",
            "The request is read, then FIN: an empty reply; go: `EOF`.",
            "The other direction stays open, as with shutdown(SHUT_WR). On HTTP/2 all streams end.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {half-close: {after: 100}}}",
            "100 bytes of body, then FIN; go: `unexpected EOF`.",
            "Inside TLS there is no close_notify before it, as when a program dies.",
        ),
    )


class Stall(Action):
    """Stop in the middle of a body, and hold the socket open."""

    short: ClassVar[str] = "after"
    slot: ClassVar[str] = "delivery"
    acts: ClassVar[tuple[Stage, ...]] = (Stage.REQUEST, Stage.RESPONSE)

    after: Bytes = Field(description="Bytes of body that still arrive.")
    for_: Seconds | None = Field(
        None, description="Go on after this time; without it, not before the rule is off."
    )

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip}, do: {stall: {after: 1024}}}",
            "1024 bytes of body, then silence; go waits for ever.",
            "Counted in body bytes. On HTTP/2 only this stream stalls.",
        ),
    )


class _Shape(Action):
    """Something that shapes all bytes to the client while the rule's traffic passes."""

    acts: ClassVar[tuple[Stage, ...]] = (
        Stage.CONNECT,
        Stage.HELLO,
        Stage.REQUEST,
        Stage.RESPONSE,
    )


class Bandwidth(_Shape):
    """Send slowly: so many bytes a second."""

    short: ClassVar[str] = "rate"

    rate: int = Field(ge=1, description="Bytes per second.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip}, do: {bandwidth: 100_000}}",
            "The answer arrives at 100 kB/s.",
            "Counts what leaves the socket, TLS and framing included, in bursts of 50 ms."
            " Handshake and request are not slowed unless the rule matches connections.",
        ),
        Example(
            "{where: {sni: proxy.golang.org}, do: {bandwidth: 20_000}}",
            "The whole connection, from the ServerHello on.",
            "One direction only: what the client sends is not slowed.",
        ),
    )


class Latency(_Shape):
    """Let every byte arrive later."""

    short: ClassVar[str] = "delay"

    delay: Seconds = Field(description="How much later.")
    jitter: Seconds = Field(0.0, description="Up to so much more or less; the seed decides.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: list}, do: {latency: 200ms}}",
            "The answer, 0.2 s later.",
            "One way, added at the edge; TCP's own handshake is not delayed, so it does not show in"
            " the connect time.",
        ),
        Example(
            "{where: {port: 443}, do: {latency: {delay: 50ms, jitter: 20ms}}}",
            "Every flight of the connection, TLS handshake included, 30 to 70 ms later.",
            "Bytes never overtake each other, as in TCP.",
        ),
    )


class Slicer(_Shape):
    """Cut what is sent into small TCP segments."""

    short: ClassVar[str] = "size"

    size: int = Field(ge=1, description="Bytes per segment.")
    delay: Seconds = Field(0.002, description="Pause between two segments.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: list}, do: {slicer: {size: 10, delay: 5ms}}}",
            "Ten bytes at a time.",
            "TCP_NODELAY keeps the kernel from joining segments; the receiver's kernel may hand"
            " several over at once.",
        ),
    )


class LimitData(_Shape):
    """Close the connection after so many bytes on the wire."""

    short: ClassVar[str] = "bytes_"

    bytes_: Bytes = Field(description="Bytes that still leave; then FIN.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip}, do: {limit-data: 700}}",
            "700 bytes of answer, headers and framing included, then the connection is closed.",
            "Counts bytes on the wire; `half-close` and `reset` count bytes of body.",
        ),
    )


class Blackhole(_Shape):
    """Let nothing more reach the client, on any stream of the connection."""

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip}, do: {blackhole: true}}",
            "From this answer on the whole connection is silent, HTTP/2 pings included.",
            "The kernel still acknowledges what the client sends; what was held back arrives when"
            " the rule is off, as after a route comes back.",
        ),
    )


class Refuse(Action):
    """Stop listening: the kernel answers every SYN with RST."""

    slot: ClassVar[str] = "answer"
    acts: ClassVar[tuple[Stage, ...]] = (Stage.CONNECT,)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {port: 443}, do: {refuse: true}}",
            "`connection refused`, before any byte, until the rule is off.",
            "The real thing, for a whole port: TCP knows no names. For one name, point it with"
            " `dns` at an address where nothing listens. Attempts never reach user space, so a hit"
            " is the port being closed, not an attempt.",
        ),
    )
