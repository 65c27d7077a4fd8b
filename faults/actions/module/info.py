"""Changes the version or time of an .info."""

import json
from datetime import UTC
from typing import Self

from pydantic import model_validator

from faults.model.action import Action, Detail, Example
from faults.model.base import Moment
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Info(Action):
    """Serve .info (and @latest) with a wrong version or time."""

    needs = frozenset({"info", "latest"})
    order = 70

    version: str | None = None
    time: Moment | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.version is None and self.time is None:
            raise ValueError("needs `version` or `time`")
        return self

    async def on_response(self, decision: Decision, exchange: Exchange) -> Detail:
        """Change the version or time of an .info."""
        if not exchange.is_good("info", "latest"):
            return None
        data = json.loads(exchange.response.content or b"{}")
        before = dict(data)
        if self.version is not None:
            data["Version"] = self.version
        if self.time is not None:
            data["Time"] = self.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if data == before:
            return None
        exchange.response.text = json.dumps(data, separators=(",", ":"))
        return {"version": data.get("Version"), "time": data.get("Time")}

    examples = (
        Example(
            "{where: {endpoint: info, version: v1.8.0}, do: {info: {version: v1.7.0}}}",
            "go: `proxy returned info for version v1.7.0 instead of requested version`.",
            "Other fields stay, written anew.",
        ),
        Example(
            "{where: {endpoint: info}, do: {info: {time: 2038-01-19T03:14:07Z}}}",
            "A version from the future; go does not mind.",
            "Other fields stay, written anew.",
        ),
    )
