"""Actions that happen at one place of the conversation."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from faults.model.action import Action, Detail
from faults.model.base import Bytes, Stage
from faults.traffic.exchange import Exchange

if TYPE_CHECKING:
    from faults.traffic.delivery import Step

At = Literal["accept", "handshake", "before-headers", "after-headers"]

_STAGES: dict[str | None, tuple[Stage, ...]] = {
    "accept": (Stage.CONNECT,),
    "handshake": (Stage.HELLO,),
    "before-headers": (Stage.TUNNEL, Stage.REQUEST, Stage.RESPONSE),
    "after-headers": (Stage.REQUEST, Stage.RESPONSE),
    None: (Stage.REQUEST, Stage.RESPONSE),
}


class _Cut(Action):
    """Something that happens at one place of the conversation."""

    short = "at"
    slot = "delivery"

    at: At | None = Field(None, description="Where in the conversation.")
    after: Bytes | None = Field(None, description="Or: after this many bytes of the body.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.at is None) == (self.after is None):
            raise ValueError("needs either `at` or `after`")
        return self

    def stages(self) -> tuple[Stage, ...]:
        """Return when this can be decided: that depends on where it happens."""
        return tuple(stage for stage in _STAGES[self.at] if stage in self.acts)

    @property
    def early(self) -> bool:
        """Whether it is done before the origin is asked, if it is decided by then."""
        return self.at == "before-headers"


def insert(
    exchange: Exchange, at: str | None, after: int | None, step: "Step", *, goes_on: bool
) -> Detail:
    """Put `step` into the delivery: at a named place, or after so many bytes of body.

    Args:
        goes_on: whether the rest of the answer follows.
    """
    from faults.traffic import delivery

    before: list[Step]
    if at == "before-headers":
        before, rest = [], exchange.steps
    elif at == "after-headers":
        place = exchange.steps.index(delivery.Head()) + 1
        before, rest = exchange.steps[:place], exchange.steps[place:]
    else:
        parts = delivery.split(exchange.steps, after or 0)
        if parts is None:
            return None
        before, rest = parts
    exchange.steps = [*before, step, *(rest if goes_on else [])]
    return {"after": after} if at is None else {"at": at}
