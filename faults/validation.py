"""Validates data with pydantic's models, and says what is wrong in golab's own words.

Each of pydantic's complaints becomes one line at its place, with the nearest right word.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from faults.yamlsource import Loc, Problem, Source, SourceError, nearest

Model = TypeVar("Model", bound=BaseModel)


def validated(data: Any, model: type[Model], name: str) -> Model:
    """Validate data that came without a file, such as JSON from a socket; see `check`.

    Raises:
        SourceError: with `name: key.path: what` for each problem.
    """
    return check(Source(name, data, {}, {}), model)


def check(source: Source, model: type[Model], *, at: Loc = ()) -> Model:
    """Validate the data of `source` (or its part below `at`) as `model`.

    Raises:
        SourceError: with every problem the model has with the data, in the order of the file.
    """
    data = source.data
    for part in at:
        data = data[part]
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = {_translate(source, model, at, dict(detail)) for detail in error.errors()}
        raise SourceError(sorted(found, key=lambda p: (p.line, p.column, p.message))) from None


def _translate(source: Source, model: type[BaseModel], at: Loc, detail: dict[str, Any]) -> Problem:
    loc: Loc = detail["loc"]
    kind: str = detail["type"]
    context: dict[str, Any] = detail.get("ctx", {})
    word = detail["input"]
    place = (*at, *loc)
    match kind:
        case "extra_forbidden":
            key = loc[-1]
            message = f"unknown key {key!r}{nearest(key, _fields_at(model, loc[:-1]))}"
            return source.problem(place, message, key=True)
        case "missing":
            return source.problem(place, f"the key {loc[-1]!r} is missing", key=True)
        case "literal_error" | "enum":
            expected = re.findall(r"'([^']*)'", str(context.get("expected", "")))
            message = f"{word!r} is not known here{nearest(word, expected)}"
        case "union_tag_invalid":
            expected = re.findall(r"'([^']*)'", str(context.get("expected_tags", "")))
            message = f"{context.get('tag')!r} is not known here{nearest(context['tag'], expected)}"
        case "string_type" if isinstance(word, int | float):
            message = f"must be text; put quotes round {word}"
        case "value_error" | "assertion_error":
            message = str(context.get("error", detail["msg"]))
        case _:
            shown = detail["msg"].removeprefix("Input ")
            message = shown[0].lower() + shown[1:]
            if isinstance(word, str | int | float | bool | None):
                message += f", not {word!r}"
    return source.problem(place, message, key=loc[-1:] == ("[key]",))


def _fields_at(model: type[BaseModel], loc: Loc) -> set[str]:
    """Return the keys that any model reachable at `loc` would accept."""
    current: set[Any] = {model}
    for part in loc:
        onward: set[Any] = set()
        for annotation in current:
            onward |= _step(annotation, part)
        # A part that leads nowhere is a union member's name, which pydantic puts in between.
        current = onward or current
    return {
        field.alias or name
        for annotation in current
        for kind in _models_in(annotation)
        for name, field in kind.model_fields.items()
    }


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if issubclass(annotation, RootModel):
            return _models_in(annotation.model_fields["root"].annotation)
        return [annotation]
    if typing.get_origin(annotation) in (typing.Union, types.UnionType, typing.Annotated):
        return [kind for arg in typing.get_args(annotation) for kind in _models_in(arg)]
    return []


def _step(annotation: Any, part: str | int) -> set[Any]:
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, RootModel):
        return _step(annotation.model_fields["root"].annotation, part)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {
            field.annotation
            for name, field in annotation.model_fields.items()
            if part in (name, field.alias)
        }
    if origin in (typing.Union, types.UnionType, typing.Annotated):
        return set().union(*(_step(arg, part) for arg in args))
    if origin in (list, tuple, set, frozenset) and isinstance(part, int):
        return {args[0]} if args else set()
    if origin in (dict, Mapping) and len(args) == 2:
        return {args[1]}
    return set()
