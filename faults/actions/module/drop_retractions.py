"""Takes `retract` and `Deprecated` out of a .mod."""

import re

from faults.actions.module._base import edit_mod
from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class DropRetractions(Action):
    """Serve .mod files without their `retract` directives."""

    needs = frozenset({"mod"})
    order = 60

    async def on_response(self, decision: Decision, exchange: Exchange) -> Detail:
        """Take `retract` and `Deprecated` out of a .mod."""
        return edit_mod(exchange, _without_retractions)

    examples = (
        Example(
            "{where: {endpoint: mod}, do: {drop-retractions: true}}",
            "No warning about retracted versions; Deprecated comments go as well.",
            "The .zip still carries them. With go.sum or the checksum database on, the change is"
            " found out.",
        ),
    )


def _without_retractions(text: str) -> str:
    text = re.sub(r"(?ms)^retract[ \t]*\(.*?^\)[^\n]*\n?", "", text)
    text = re.sub(r"(?m)^retract[ \t][^\n]*\n?", "", text)
    return re.sub(r"(?m)^(\s*)//[ \t]*Deprecated:[^\n]*\n?", "", text)
