"""The fault rules of a scenario."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from faults.rules import MAX_RULES, Rule


class Fault(Rule):
    """A rule of a scenario, and what is expected of the rule itself."""

    always: bool = Field(False, description="It holds in every arm: a circumstance, not the fault.")
    fires: Literal["must", "may", "never"] = Field(
        "must", description="Whether it must act in the broken arm, may, or must not act anywhere."
    )


Rules = Annotated[list[Fault], Field(max_length=MAX_RULES)]
