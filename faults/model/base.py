"""What all parts of a rule are written with: stages, units, values that may be lists."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


class Stage(StrEnum):
    """The moments at which a rule can decide; each knows what the ones before it knew."""

    CONNECT = "connect"
    QUERY = "query"
    HELLO = "hello"
    TUNNEL = "tunnel"
    REQUEST = "request"
    RESPONSE = "response"


_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([0-9]+(?:[.][0-9]+)?)(ms|s|m|h)")


def seconds(value: Any) -> Any:
    """Turn `200ms`, `1.5s`, `2m` or a plain number into seconds; leave the rest to be refused."""
    if isinstance(value, str) and (found := _DURATION.fullmatch(value.strip())):
        return float(found[1]) * _UNITS[found[2]]
    if not isinstance(value, str):
        return value
    raise ValueError(f"{value!r} is not a time; write seconds (0.2) or 200ms, 1.5s, 2m")


class _Duration:
    """Seconds, as a number or as text with a unit."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(seconds, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": f"^{_DURATION.pattern}$"},
            ]
        }


def _moment(value: Any) -> Any:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return value
    if moment and not moment.tzinfo:
        raise ValueError(f"must name its time zone, as the Z of {_EXAMPLE} does, not {value!r}")
    return moment or value


_EXAMPLE = "2024-01-31T12:00:00Z"


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
"""A time such as 2024-01-31T12:00:00Z."""

Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False), _Duration()]
Bytes = Annotated[int, Field(ge=0, le=1 << 40)]


def _as_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


class OneOrMany:
    """A value or a list of values; always a tuple once read."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_as_list, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        many = handler(schema)
        return {"anyOf": [many.get("items", {}), many]}


def dashed(name: str) -> str:
    """Spell a field's name as the YAML file does."""
    return name.rstrip("_").replace("_", "-")


@dataclass(frozen=True)
class Unbuilt:
    """Has a field's model built when the first value for it is read: of many, few ever are.

    Data from a file comes as JSON and is read strictly (`faults.validation`), other data is not.
    """

    kind: type[BaseModel]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.nullable_schema(
            core_schema.with_info_plain_validator_function(self._read)
        )

    def _read(self, value: Any, info: core_schema.ValidationInfo) -> Any:
        if info.mode == "json":
            text = json.dumps(value)
            return self.kind.model_validate_json(text, strict=True, context=info.context)
        return self.kind.model_validate(value, context=info.context)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        self.kind.model_rebuild()
        return handler(core_schema.nullable_schema(self.kind.__pydantic_core_schema__))


class Frozen(BaseModel):
    """A part of a rule: immutable, dashes in names, no unknown keys."""

    model_config = ConfigDict(
        defer_build=True,  # a rule is built when one is read, and its parts with it, once
        frozen=True,
        extra="forbid",
        alias_generator=dashed,
        populate_by_name=True,
    )
