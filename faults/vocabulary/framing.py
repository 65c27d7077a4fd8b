"""What can happen to the way an HTTP answer is framed and sent."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from faults.vocabulary.base import Action, Bytes, Example, Seconds, Stage
from faults.vocabulary.fields import FieldName, FieldValue

_BOTH = (Stage.REQUEST, Stage.RESPONSE)
H2_CODES = {
    "no-error": 0,
    "protocol-error": 1,
    "internal-error": 2,
    "refused-stream": 7,
    "cancel": 8,
    "enhance-your-calm": 11,
}
"""Error codes of RFC 9113, 7."""
H2Code = Literal[
    "no-error",
    "protocol-error",
    "internal-error",
    "refused-stream",
    "cancel",
    "enhance-your-calm",
]


class ContentLength(Action):
    """Announce a length that is not the body's, then close."""

    short: ClassVar[str] = "off_by"
    slot: ClassVar[str] = "delivery"
    acts: ClassVar[tuple[Stage, ...]] = _BOTH

    off_by: int = Field(description="Bytes announced beyond those sent; below 0: too few.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip}, do: {content-length: 10}}",
            "Ten bytes announced never come; go: `unexpected EOF`.",
            "On HTTP/2 the stream ends early and the client finds the length wrong.",
        ),
        Example(
            "{where: {endpoint: list}, do: {content-length: -7}}",
            "HTTP/1.1: one version lost, exit 0, and a line about an `Unsolicited response`.",
            "On HTTP/2 go: `server replied with more than declared Content-Length`.",
        ),
    )


class Chunked(Action):
    """Break HTTP/1.1 chunked framing."""

    short: ClassVar[str] = "how"
    slot: ClassVar[str] = "delivery"
    acts: ClassVar[tuple[Stage, ...]] = _BOTH

    how: Literal["malformed", "unfinished"] = Field(
        description="A chunk size that is no number; or no last chunk."
    )

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip}, do: {chunked: malformed}}",
            "go: `invalid byte in chunk length`.",
            "HTTP/2 has no chunks: there the rule does nothing, and that is no hit.",
        ),
        Example(
            "{where: {endpoint: list}, do: {chunked: unfinished}}",
            "The whole body, then FIN without the last chunk; go: `unexpected EOF`.",
            "Only HTTP/1.1, as above.",
        ),
    )


class Trailers(Action):
    """Send trailers after the body."""

    short: ClassVar[str] = "fields"
    slot: ClassVar[str] = "delivery"
    acts: ClassVar[tuple[Stage, ...]] = _BOTH

    fields: dict[FieldName, FieldValue] = Field(min_length=1)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: list}, do: {trailers: {fields: {X-Checksum: wrong}}}}",
            "Chunked on HTTP/1.1, a HEADERS frame at the end on HTTP/2.",
            "Not announced in a Trailer header; go ignores them.",
        ),
    )


class Informational(Action):
    """Send 1xx answers before the real one."""

    short: ClassVar[str] = "times"
    slot: ClassVar[str] = ""
    acts: ClassVar[tuple[Stage, ...]] = _BOTH

    times: int = Field(ge=1, le=10_000, description="How many.")
    status: Literal[100, 102, 103] = 103

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: list}, do: {informational: 3}}",
            "Three 103 Early Hints, then the answer; go does not mind.",
            "Without Link headers.",
        ),
    )


class Dribble(Action):
    """Send the body in drops."""

    short: ClassVar[str] = "every"
    slot: ClassVar[str] = "delivery"
    acts: ClassVar[tuple[Stage, ...]] = _BOTH

    every: Seconds = Field(description="Time between two drops.")
    bytes_: int = Field(1, ge=1, description="Bytes per drop.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: list}, do: {dribble: {bytes: 4, every: 20ms}}}",
            "Four bytes, a pause, four bytes …: slow, yet never idle.",
            "Only this stream on HTTP/2; each drop is a frame of its own.",
        ),
    )


class RstStream(Action):
    """Reset one HTTP/2 stream."""

    short: ClassVar[str] = "code"
    slot: ClassVar[str] = "delivery"
    acts: ClassVar[tuple[Stage, ...]] = _BOTH

    code: H2Code = "internal-error"
    after: Bytes | None = Field(None, description="After so many bytes of body; else at once.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip}, do: {rst-stream: {code: internal-error, after: 100}}}",
            "go: `stream error: stream ID …; INTERNAL_ERROR; received from peer`.",
            "HTTP/1.1 has no streams: there the rule does nothing, and that is no hit.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {rst-stream: refused-stream}}",
            "Refused before any answer: go asks again by itself.",
            "Only HTTP/2, as above.",
        ),
    )


class Goaway(Action):
    """Send HTTP/2 GOAWAY, and close."""

    short: ClassVar[str] = "code"
    slot: ClassVar[str] = "delivery"
    acts: ClassVar[tuple[Stage, ...]] = _BOTH

    code: H2Code = "no-error"
    after: Bytes | None = Field(None, description="After so many bytes of body; else at once.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip, first: 1}, do: {goaway: no-error}}",
            "This request was not processed, says the frame: go asks again on a new connection.",
            "The last stream named is the one before this; then FIN. Only HTTP/2.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {goaway: {code: enhance-your-calm, after: 100}}}",
            "In the middle of a body: go fails with the code's name.",
            "The last stream named is this one; then FIN. Only HTTP/2.",
        ),
    )
