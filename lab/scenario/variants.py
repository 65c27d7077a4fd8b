"""What differs between the variants of a scenario, and between Go versions."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from lab.scenario.commands import Change, Repair, ReplayChange
from lab.scenario.fault import Rules
from lab.scenario.record import RecordChange
from lab.spec.client import ClientSpec
from lab.spec.schema import ID, Name, Part, Text
from lab.world.model import World

MAX_VARIANTS = 50

_GLOB = "[a-z0-9*]+(-[a-z0-9*]+)*"
Pattern = Annotated[str, Field(pattern=f"^{_GLOB}(, {_GLOB})*$", max_length=200)]
AxisName = Annotated[str, Field(pattern="^[a-z][a-z0-9-]*$", max_length=60)]
GoVersion = Annotated[str, Field(pattern=r"^1\.[0-9]+(\.[0-9]+)?$")]
Scalar = Annotated[str, Field(max_length=1000)] | int | float | bool


class Variant(Part):
    """A variant of a scenario: what it says is laid over what the scenario says.

    `client`, `world`, `replay` and `diagnostics` are merged key by key, all else is replaced, and
    so is what an arm must do.
    """

    title: Text | None = None
    world: World | None = None
    client: ClientSpec | None = None
    faults: Rules | None = None
    break_: Change | None = None
    replay: ReplayChange | None = None
    silent: bool | None = None
    slow: bool | None = None
    repair: Repair | None = None
    diagnostics: RecordChange | None = None


Axis = (
    Annotated[list[Scalar], Field(min_length=1, max_length=MAX_VARIANTS)]
    | Annotated[dict[Name, Scalar | Variant], Field(min_length=1, max_length=MAX_VARIANTS)]
)
"""The values of an axis, or their names and either a value or what is laid over the scenario."""

_SPAN: JsonDict = {"anyOf": [{"required": ["since"]}, {"required": ["until"]}]}


class ByGo(Part):
    """What differs with the Go versions from `since` to `until`, both included."""

    model_config = ConfigDict(json_schema_extra=_SPAN)

    since: GoVersion | None = None
    until: GoVersion | None = None
    """`1.26` is every 1.26.x."""
    replay: ReplayChange | None = None
    silent: bool | None = None
    diagnostics: RecordChange | None = None

    @model_validator(mode="after")
    def _some_versions(self) -> Self:
        if not {"since", "until"} & self.model_fields_set:
            raise ValueError("for which Go versions? say `since`, `until` or both")
        return self


def covers(since: str | None, until: str | None, go: str) -> bool:
    """Tell whether a Go version lies from `since` to `until`, both included."""
    version = _numbers(go)
    after = since is None or version >= _numbers(since)
    return after and (until is None or version[: len(_numbers(until))] <= _numbers(until))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def value_name(value: Scalar) -> str | None:
    """Return what a combination calls a value, None if that makes no name."""
    name = str(value).lower()
    return name if ID.fullmatch(name) else None
