"""Lists a version that is not there."""

from pydantic import Field

from faults.actions.module._base import versions
from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class PhantomVersion(Action):
    """List a version that does not exist."""

    short = "version"
    needs = frozenset({"list"})
    order = 50

    version: str = Field(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+")

    async def on_response(self, decision: Decision, exchange: Exchange) -> Detail:
        """List a version that is not there."""
        lines = exchange.text().splitlines()
        if not exchange.is_good("list") or self.version in versions(lines):
            return None
        exchange.response.text = "".join(line + "\n" for line in [*lines, self.version])
        return {"version": self.version}

    examples = (
        Example(
            "{where: {endpoint: list}, do: {phantom-version: v1.9.9}}",
            "@latest picks it and fails on its .info.",
            "Only the list lies; .info, .mod and .zip are the origin's 404.",
        ),
    )
