"""How an HTTP/2 answer is ended by a frame."""

from typing import TYPE_CHECKING, Literal

from faults.model.action import Detail
from faults.traffic.exchange import Exchange

if TYPE_CHECKING:
    from faults.traffic.delivery import Step

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


def end_with(exchange: Exchange, last: "list[Step]", code: str, after: int | None) -> Detail:
    """End the answer with `last`, at once or after so many bytes of body; not on HTTP/1.1."""
    from faults.traffic import delivery

    if not exchange.h2:
        return None
    before: list[Step] = []
    if after is not None:
        parts = delivery.split(exchange.steps, after)
        if parts is None:
            return None
        before = parts[0]
    exchange.steps = [*before, *last]
    return {"code": code, "after": after}
