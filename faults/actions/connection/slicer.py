"""Cuts what is sent into small segments."""

from typing import TYPE_CHECKING

from pydantic import Field

from faults.actions.connection._shape import _Shape
from faults.model.action import Example
from faults.model.base import Seconds
from faults.traffic.decision import Decision

if TYPE_CHECKING:
    from faults.traffic.shaping import Effect


class Slicer(_Shape):
    """Cut what is sent into small TCP segments."""

    short = "size"
    order = 95

    size: int = Field(ge=1, description="Bytes per segment.")
    delay: Seconds = Field(0.002, description="Pause between two segments.")

    def _effect(self, decision: Decision) -> "Effect":
        from faults.traffic.shaping import Effect

        return Effect(decision, size=self.size, pause=self.delay)

    examples = (
        Example(
            "{where: {endpoint: list}, do: {slicer: {size: 10, delay: 5ms}}}",
            "Ten bytes at a time.",
            "TCP_NODELAY keeps the kernel from joining segments; the receiver's kernel may hand"
            " several over at once.",
        ),
    )
