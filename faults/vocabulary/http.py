"""What can happen to an HTTP exchange."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from faults.vocabulary.base import Action, Example, Stage

_BOTH = (Stage.REQUEST, Stage.RESPONSE)


class Respond(Action):
    """Answer in the origin's place; the origin is not asked unless `where` needs its answer."""

    short: ClassVar[str] = "status"
    slot: ClassVar[str] = "answer"
    acts: ClassVar[tuple[Stage, ...]] = _BOTH

    status: int = Field(200, ge=100, le=999, description="The status code.")
    body: str = Field("", description="The body, UTF-8.")
    headers: dict[str, str | int] = Field(
        default_factory=dict, description="Headers beside Content-Type and Content-Length."
    )
    content_type: str = Field("text/plain; charset=utf-8", description="The Content-Type.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: list}, do: {respond: {status: 503, body: down for maintenance}}}",
            "That answer; go shows the text of a text/plain error.",
            "Headers that a real server adds (Date, Server) are missing unless written here.",
        ),
        Example(
            "{where: {endpoint: list, status: [401, 403]}, do: {respond: {status: 200, body: ''}}}",
            "Where the origin said 401 or 403, an empty 200.",
            "Nothing of the origin's answer is left, headers included.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {respond: {status: 429, headers: {Retry-After: 30}}}}",
            "Rate limited; go does not wait and does not retry.",
            "Exactly as a rate limiter answers.",
        ),
    )
