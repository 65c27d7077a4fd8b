"""Remembers what was not there."""

import time

from pydantic import Field

from faults.actions.module._base import NOT_FOUND
from faults.model.action import Action, Detail, Example
from faults.model.base import Seconds
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class NegativeCache(Action):
    """Remember that something was not there, and go on saying so."""

    short = "ttl"
    slot = "answer"
    order = 10

    ttl: Seconds = Field(description="How long a 404 or 410 of the origin is repeated, per path.")
    primed: bool = Field(
        False, description="As if everything had been asked for, and missing, when the rule began."
    )

    async def on_request(self, decision: Decision, exchange: Exchange) -> Detail:
        """Repeat a 404 from memory, or keep an eye on the answer."""
        primed = (decision.state.since, None) if self.primed else None
        known = decision.state.memory.get(exchange.flow.request.path, primed)
        if known is not None and (age := time.monotonic() - known[0]) < self.ttl:
            if known[1] is None:
                exchange.answer(404, NOT_FOUND)
            else:
                exchange.flow.response = known[1].copy()
            return {"status": exchange.response.status_code, "age": round(age, 3)}
        exchange.watching.append(lambda: _remember(decision, exchange))
        return None

    @property
    def remembers(self) -> bool:
        """Whether it has a memory: always."""
        return True

    @property
    def always_answers(self) -> bool:
        """Whether no other answer is given to traffic that it acts on."""
        return False

    examples = (
        Example(
            "{where: {endpoint: info, version: v1.8.0}, do: {negative-cache:"
            " {ttl: 10m, primed: true}}}",
            "404 although the tag exists by now, until ten minutes are over.",
            "The origin's own 404 is repeated byte for byte; a primed one says `not found`."
            " The memory goes when the rule is switched off.",
        ),
        Example(
            "{where: {path: '*/v9.9.9.info'}, do: {negative-cache: 30m}}",
            "The first 404 is the origin's; later ones come from memory.",
            "Per path, whatever the headers.",
        ),
    )


def _remember(decision: Decision, exchange: Exchange) -> None:
    """Keep the origin's 404 or 410 for later."""
    if exchange.response.status_code in (404, 410):
        kept = (time.monotonic(), exchange.response.copy())
        decision.state.memory[exchange.flow.request.path] = kept
