"""Actions that shape all bytes to the client."""

from typing import TYPE_CHECKING

from faults.model.action import Action, Detail
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange

if TYPE_CHECKING:
    from mitmproxy import connection

    from faults.traffic.shaping import Effect


class _Shape(Action):
    """Something that shapes all bytes to the client while the rule's traffic passes."""

    def _effect(self, decision: Decision) -> "Effect":
        raise NotImplementedError

    async def on_connect(self, decision: Decision, client: "connection.Client") -> Detail:
        """Shape the whole connection."""
        from faults.traffic.shaping import shape

        return {"from": "accept"} if shape(client, self._effect(decision)) else None

    async def on_hello(self, decision: Decision, client: "connection.Client") -> Detail:
        """Shape the connection from the ServerHello on."""
        from faults.traffic.shaping import shape

        return {"from": "handshake"} if shape(client, self._effect(decision)) else None

    async def on_delivery(self, decision: Decision, exchange: Exchange) -> Detail:
        """Shape the bytes of this answer."""
        from faults.traffic import delivery
        from faults.traffic.shaping import shape, unshape

        client = exchange.flow.client_conn
        effect = self._effect(decision)
        begin = delivery.Call(lambda: shape(client, effect))
        end = delivery.Call(lambda: unshape(client, effect))
        exchange.steps = [begin, *exchange.steps, end]
        return {"from": "headers"}
