"""Misreads the path."""

from typing import Literal
from urllib.parse import unquote

from pydantic import Field

from faults.goproto import urls
from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Decoding(Action):
    """Misread the path, as proxies do that forget the protocol's escapes."""

    short = "how"
    order = 20

    how: Literal["capitals-kept-escaped", "lower-case", "no-incompatible", "plus-is-space"] = Field(
        description="`!a` passed on as it is; `!a` read as `a`; `+incompatible` cut off; `+` read"
        " as a space."
    )

    async def on_request(self, decision: Decision, exchange: Exchange) -> Detail:
        """Ask the origin for what a proxy that forgets the escapes would ask."""
        request = exchange.flow.request
        path = unquote(request.path)
        match self.how:
            case "capitals-kept-escaped":
                wrong = path.replace("!", "!!")
            case "lower-case":
                wrong = path.replace("!", "")
            case "no-incompatible":
                wrong = path.replace("+incompatible", "")
            case _:
                wrong = path.replace("+", " ")
        if wrong == path:
            return None
        request.path = urls.quoted(wrong)
        return {"asked": wrong}

    examples = (
        Example(
            "{where: {module: 'github.com/Azure/*'}, do: {decoding: capitals-kept-escaped}}",
            "404: the origin is asked for a module called `!azure`.",
            "The origin gets the `!` escaped once more, which no module has.",
        ),
        Example(
            "{where: {module: 'github.com/Azure/*'}, do: {decoding: lower-case}}",
            "404, or another module of that name.",
            "As a proxy on a file system that ignores case.",
        ),
        Example(
            "{where: {version: '*+incompatible'}, do: {decoding: no-incompatible}}",
            "404 for versions that the list names.",
            "Exactly that.",
        ),
        Example(
            "{where: {version: '*+incompatible'}, do: {decoding: plus-is-space}}",
            "404 for versions that the list names.",
            "As a proxy that decodes the path like a form.",
        ),
    )
