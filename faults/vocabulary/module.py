"""What can happen to Go modules: list, info, mod, zip and the checksum database."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Self

from pydantic import AwareDatetime, Field, model_validator

from faults.vocabulary.base import Action, Example, OneOrMany, Stage

_RESPONSE = (Stage.RESPONSE,)


class StaleList(Action):
    """Serve `@v/list` and `@latest` as they were before some versions were published.

    When `@latest` names a version that is gone, the newest version left takes its place, with the
    origin's own .info of that version; with none left, 404. The origin is asked for the list and
    the .info files that this needs.
    """

    short: ClassVar[str] = "without"
    acts: ClassVar[tuple[Stage, ...]] = _RESPONSE

    without: Annotated[tuple[str, ...], OneOrMany()] = Field(
        (), description="Versions not known yet; globs and ranges such as `>=v1.8.0`."
    )
    as_of: AwareDatetime | None = Field(
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

    examples: ClassVar[tuple[Example, ...]] = (
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
