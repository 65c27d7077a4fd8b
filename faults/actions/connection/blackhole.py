"""Lets nothing more reach the client."""

from typing import TYPE_CHECKING

from faults.actions.connection._shape import _Shape
from faults.model.action import Example
from faults.traffic.decision import Decision

if TYPE_CHECKING:
    from faults.traffic.shaping import Effect


class Blackhole(_Shape):
    """Let nothing more reach the client, on any stream of the connection."""

    order = 70

    def _effect(self, decision: Decision) -> "Effect":
        from faults.traffic.shaping import Effect

        return Effect(decision, silent=True)

    examples = (
        Example(
            "{where: {endpoint: zip}, do: {blackhole: true}}",
            "From this answer on the whole connection is silent, HTTP/2 pings included.",
            "The kernel still acknowledges what the client sends; what was held back arrives when"
            " the rule is off, as after a route comes back.",
        ),
    )
