"""Serves lists from before some versions were published."""

import json
from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from faults.actions.module._base import NOT_FOUND, fetch, versions
from faults.goproto import semver
from faults.model.action import Action, Detail, Example
from faults.model.base import Moment
from faults.model.where import Versions, Where, no_version, version_test
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class StaleList(Action):
    """Serve `@v/list` and `@latest` as they were before some versions were published.

    When `@latest` names a version that is gone, the newest version left takes its place, with the
    origin's own .info of that version; with none left, 404. The origin is asked for the list and
    the .info files that this needs.
    """

    short = "without"
    needs = frozenset({"list", "latest"})
    order = 40

    without: Versions = Field(
        (), description="Versions not known yet; globs and ranges such as `>=v1.8.0`."
    )
    as_of: Moment | None = Field(
        None, description="Versions whose .info has a later Time are not known yet."
    )
    replicas: int = Field(
        1, ge=1, description="Of this many replicas one is stale; requests take turns, it is first."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.without and self.as_of is None:
            raise ValueError("needs `without` or `as-of`")
        return self

    def knows(self, published: datetime) -> bool:
        """Say whether a version published then is on the stale list."""
        return self.as_of is None or published <= self.as_of

    def never_acts(self, where: Where) -> str | None:
        """Say why it can never act on such traffic; None if it can, as far as can be known."""
        if self.as_of is None and no_version(self.without):
            return f"no version is {', '.join(sorted(self.without))}"
        return None

    @property
    def remembers(self) -> bool:
        """Whether replicas take turns."""
        return self.replicas > 1

    async def on_response(self, decision: Decision, exchange: Exchange) -> Detail:
        """Answer `list` and `latest` as before some versions were published."""
        if (decision.match - 1) % self.replicas or not exchange.is_good("list", "latest"):
            return None
        if exchange.facts["endpoint"] == "list":
            return await _stale_list(self, exchange)
        return await _stale_latest(self, exchange)

    examples = (
        Example(
            "{where: {endpoint: [list, latest], module: github.com/spf13/cobra},"
            " do: {stale-list: {without: [v1.8.0]}}}",
            "A list without v1.8.0, and an @latest that agrees; .info, .mod and .zip still answer.",
            "Caching headers stay those of the origin. A real stale cache would also miss the .info"
            " of the new version; add a rule for that.",
        ),
        Example(
            "{where: {endpoint: [list, latest]}, do: {stale-list: {as-of: 2023-06-01T00:00:00Z}}}",
            "What was published by then.",
            "Goes by the Time in .info, which is the commit's, not the day the proxy first saw it.",
        ),
        Example(
            "{where: {endpoint: list}, do: {stale-list: {without: ['>=v1.8.0'], replicas: 2}}}",
            "Every other answer is stale: a list flapping between replicas.",
            "Turns go by request; a real balancer may pin a connection to a replica.",
        ),
    )


async def _stale_list(action: StaleList, exchange: Exchange) -> Detail:
    lines = exchange.text().splitlines()
    hidden = await _hidden(action, exchange, versions(lines))
    if not hidden:
        return None
    kept = [line for line in lines if hidden.isdisjoint(line.split()[:1])]
    exchange.response.text = "".join(line + "\n" for line in kept)
    return {"hidden": sorted(hidden)}


async def _stale_latest(action: StaleList, exchange: Exchange) -> Detail:
    version = str(json.loads(exchange.response.content or b"null")["Version"])
    if not await _hidden(action, exchange, [version]):
        return None
    text = (await fetch(exchange, "@v/list")).body.decode("utf-8", "replace")
    listed = versions(text.splitlines())
    hidden = await _hidden(action, exchange, listed)
    older = semver.latest(known for known in listed if known not in hidden)
    if older is None:
        exchange.answer(404, NOT_FOUND)
    else:
        exchange.response.content = (await fetch(exchange, f"@v/{older}.info")).body
    return {"hidden": [version], "served": older}


async def _hidden(action: StaleList, exchange: Exchange, listed: list[str]) -> set[str]:
    """Return those versions that were not known yet."""
    test = version_test(action.without)
    hidden = {version for version in listed if test(version)}
    if action.as_of is None:
        return hidden
    for version in listed:
        if version not in hidden:
            info = json.loads((await fetch(exchange, f"@v/{version}.info")).body)
            if not action.knows(datetime.fromisoformat(str(info["Time"]))):
                hidden.add(version)
    return hidden
