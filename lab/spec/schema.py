"""What the pieces of a scenario file have in common, wherever their models stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from faults.nearest import nearest
from lab.spec.described import Described

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

Name = Annotated[str, Field(pattern=f"^{ID.pattern}$", max_length=60)]
Text = Annotated[str, Field(min_length=1)]
OneWord = Annotated[Text, Field(pattern=r"^\S+$")]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+\S*$")]
OneOrMore = Text | Annotated[list[Text], Field(min_length=1)]


@dataclass(frozen=True)
class OneOf:
    """Takes one of the names of a kind, which editors know, too.

    Whoever reads a file checks it, with a context; data that a program has made may have others.
    """

    what: str
    names: Callable[[], Collection[str]]
    else_: str = ""
    """What else to do than to name one."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self.known, handler(source))

    def known(self, name: str, info: core_schema.ValidationInfo) -> str:
        """Return a name that there is.

        Raises:
            ValueError: there is none such.
        """
        if info.context is not None and name not in self.names():
            near = nearest(name, self.names())
            raise ValueError(f"unknown {self.what} {name!r}{near}{self.else_}")
        return name

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "enum": sorted(self.names())}


def no_nul(text: str) -> str:
    """Return `text`, which is for a command, a variable or a name.

    Raises:
        ValueError: it holds a NUL character, which none of them can.
    """
    if "\0" in text:
        raise ValueError("holds a NUL character, which no command, variable or name can")
    return text


class Part(Described):
    """A piece of a scenario file."""

    model_config = ConfigDict(
        defer_build=True,
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        alias_generator=lambda name: name.rstrip("_").replace("_", "-"),
    )


def as_list(value: str | list[str] | None) -> list[str]:
    """Return one-or-more as a list."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else value
