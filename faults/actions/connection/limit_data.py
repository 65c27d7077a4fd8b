"""Closes the connection after so many bytes."""

from typing import TYPE_CHECKING

from pydantic import Field

from faults.actions.connection._shape import _Shape
from faults.model.action import Example
from faults.model.base import Bytes
from faults.traffic.decision import Decision

if TYPE_CHECKING:
    from faults.traffic.shaping import Effect


class LimitData(_Shape):
    """Close the connection after so many bytes on the wire."""

    short = "bytes_"
    order = 60

    bytes_: Bytes = Field(description="Bytes that still leave; then FIN.")

    def _effect(self, decision: Decision) -> "Effect":
        from faults.traffic.shaping import Effect

        return Effect(decision, left=self.bytes_)

    examples = (
        Example(
            "{where: {endpoint: zip}, do: {limit-data: 700}}",
            "700 bytes of answer, headers and framing included, then the connection is closed.",
            "Counts bytes on the wire; `half-close` and `reset` count bytes of body.",
        ),
    )
