"""Validates data with pydantic's models, and says what is wrong in golab's own words.

Each of pydantic's complaints becomes one line at its place, with the nearest right word.
"""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, TypeVar

from pydantic import BaseModel, RootModel, ValidationError

from faults.nearest import nearest
from faults.source import Loc, Problem, Source, SourceError

Model = TypeVar("Model", bound=BaseModel)

_MOST_DETAILS = 1000
"""So many of pydantic's complaints are enough for the problems that are shown."""

_FORMS = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "dict": "a mapping",
    "mapping": "a mapping",
    "model": "a mapping",
    "list": "a list",
    "tuple": "a list",
    "date": "a time such as 2024-01-31T12:00:00Z",
    "datetime": "a time such as 2024-01-31T12:00:00Z",
    "ip_address": "an IPv4 address, an IPv6 address or here",
    "finite_number": "a finite number",
}
"""How pydantic's complaints about a value's form begin, and the form that was wanted."""

_LIMITS = {
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be greater than or equal to {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be less than or equal to {le:g}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "string_pattern_mismatch": "must match the pattern {pattern}",
    "timezone_aware": "must name its time zone, as the Z of 2024-01-31T12:00:00Z does",
}


class PlacedError(ValueError):
    """What a validator has against a part of what it was given, and which part that is."""

    def __init__(self, message: str, *loc: str | int) -> None:
        super().__init__(message)
        self.loc = loc


def validated(data: Any, model: type[Model], name: str) -> Model:
    """Validate data that came without a file, such as JSON from a socket; see `check`.

    Raises:
        SourceError: with `name: key.path: what` for each problem.
    """
    return check(Source(name, data, {}, {}), model)


def check(source: Source, model: type[Model], context: object = None) -> Model:
    """Validate the data of `source` as `model`, whose validators are given `context`.

    Raises:
        SourceError: with every problem the model has with the data, in the order of the file.
    """
    try:
        return strictly(source.data, model, context)
    except ValidationError as error:
        raise SourceError(problems(source, model, error)) from None


def strictly(data: Any, model: type[Model], context: object = None) -> Model:
    """Validate data as the JSON that it could be: no `"yes"` for true, no `"20"` for a number.

    That is what the JSON Schema of the model says, too.

    Raises:
        pydantic.ValidationError: it does not fit.
    """
    text = json.dumps(data, default=str)
    return model.model_validate_json(text, strict=True, context=context)


def problems(
    source: Source, model: type[BaseModel], error: ValidationError, *, at: Loc = ()
) -> list[Problem]:
    """Return what `model` has against the part of `source` at `at`, in the order of the file."""
    found: dict[Problem, Loc] = {}
    wanted: dict[Loc, _Wanted] = {}
    known = cache(partial(_fields_at, model))
    for detail in error.errors(include_url=False)[:_MOST_DETAILS]:
        place = source.place((*at, *detail["loc"]))
        if not wanted.setdefault(place, _Wanted(detail["input"])).takes(dict(detail)):
            found[_problem(source, known, place, dict(detail))] = place
    places = [*found.values(), *(place for place, one in wanted.items() if one)]
    for place, one in wanted.items():
        # Where one of several forms fits so far, what the others would need is of no interest.
        inside = [other for other in places if other[: len(place)] == place]
        if one and inside == [place]:
            found[source.problem(place, one.message())] = place
    return sorted(found, key=lambda problem: (problem.line, problem.column, problem.message))


@dataclass
class _Wanted:
    """The forms and the words that a value could have had instead."""

    value: Any
    forms: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.forms or self.words)

    def takes(self, detail: dict[str, Any]) -> bool:
        """Take up one of pydantic's complaints, if it is about the form of the value."""
        kind: str = detail["type"]
        if kind == "literal_error":
            words = re.findall(r"'([^']*)'|([\w.]+)", detail["ctx"]["expected"])
            self.words += [text or plain.lower() for text, plain in words if plain != "or"]
            return True
        form = _FORMS.get(kind) or _FORMS.get(re.sub(r"_(type|parsing|from)(_.*)?$", "", kind))
        if form and form not in self.forms:
            self.forms.append(form)
        return form is not None

    def message(self) -> str:
        scalar = not isinstance(self.value, dict | list | tuple)
        near = nearest(self.value, self.words) if scalar else ""
        if near and (not self.forms or "did you mean" in near):
            return f"{_shown(self.value)} is not known here{near}"
        if self.forms == ["text"] and not self.words and isinstance(self.value, int | float):
            return f"must be text; put quotes round {_shown(self.value)}"
        return f"must be {_either([*self.forms, *self.words])}, not {_shown(self.value)}"


def _problem(
    source: Source, known: Callable[[Loc], set[str]], place: Loc, detail: dict[str, Any]
) -> Problem:
    """Say what else pydantic has found than a value of the wrong form."""
    kind, loc = detail["type"], detail["loc"]
    context: dict[str, Any] = detail.get("ctx", {})
    of_key = loc[-1:] == ("[key]",)
    match kind:
        case "extra_forbidden":
            message = f"unknown key {loc[-1]!r}{nearest(loc[-1], known(loc[:-1]))}"
            return source.problem(place, message, key=True)
        case "missing":
            return source.problem(place, f"the key {loc[-1]!r} is missing", key=True)
        case "value_error":
            error = context["error"]
            message = str(error)
            if isinstance(error, PlacedError):
                return source.problem((*place, *error.loc), message, key=True)
        case "string_too_short" | "too_short" if context["min_length"] == 1:
            message = "must not be empty"
        case _ if kind in _LIMITS:
            message = _LIMITS[kind].format(**context)
            if not isinstance(detail["input"], dict | list | tuple):
                message += f", not {_shown(detail['input'])}"
        case _:
            message = detail["msg"]
    return source.problem(place, message, key=of_key)


def _shown(value: Any) -> str:
    """Return a value as a person would write it in YAML, or what kind of thing it is."""
    match value:
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case str():
            return repr(value if len(value) <= 60 else value[:60] + "…")
        case None | bool():
            return json.dumps(value)
    return str(value)


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


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
