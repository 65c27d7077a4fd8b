"""How an answer reaches the client: the steps of its delivery, as actions arrange them.

`faults.traffic.internals.deliver` carries them out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # actions can be loaded without mitmproxy
    from mitmproxy import http


@dataclass(frozen=True)
class Head:
    """Send status and headers."""


@dataclass(frozen=True)
class Data:
    """Send a piece of the body."""

    piece: bytes


@dataclass(frozen=True)
class Pause:
    """Send nothing until released (None) or for so many seconds."""

    rule: str
    limit: float | None = None


@dataclass(frozen=True)
class Reset:
    """Reset the TCP connection."""


@dataclass(frozen=True)
class Finish:
    """Send FIN."""


@dataclass(frozen=True)
class Close:
    """Close the connection."""


@dataclass(frozen=True)
class Raw:
    """Send bytes that are no part of the protocol's framing (HTTP/1.1)."""

    data: bytes


@dataclass(frozen=True)
class Informational:
    """Send a 1xx answer."""

    status: int


@dataclass(frozen=True)
class ResetStream:
    """Reset this HTTP/2 stream."""

    code: int


@dataclass(frozen=True)
class Goaway:
    """Say that the HTTP/2 connection ends, and whether this stream was processed."""

    code: int
    processed: bool


@dataclass(frozen=True)
class Call:
    """Do something in passing, between two steps."""

    what: Callable[[], object]


@dataclass(frozen=True)
class Framed:
    """The answer's last bytes have been sent raw; the connection can be used again."""


@dataclass(frozen=True)
class End:
    """Say, in the protocol's way, that the answer is complete."""


Step = (
    Head
    | Data
    | Pause
    | Reset
    | Finish
    | Close
    | Raw
    | Informational
    | ResetStream
    | Goaway
    | Call
    | Framed
    | End
)


def steps_of(response: http.Response) -> list[Step]:
    """Return the steps of a plain delivery."""
    body = response.raw_content or b""
    return [Head(), *([Data(body)] if body else []), End()]


def split(steps: Sequence[Step], after: int) -> tuple[list[Step], list[Step]] | None:
    """Split `steps` after so many bytes of body; None if the body is not longer than that."""
    before: list[Step] = []
    left = after
    for place, step in enumerate(steps):
        if isinstance(step, Data):
            if left < len(step.piece):
                head = [Data(step.piece[:left])] if left else []
                return [*before, *head], [Data(step.piece[left:]), *steps[place + 1 :]]
            left -= len(step.piece)
        before.append(step)
    return None


def without_end(steps: Sequence[Step]) -> list[Step]:
    """Return the steps without the one that completes the answer."""
    return [step for step in steps if not isinstance(step, End)]
