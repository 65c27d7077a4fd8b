"""Reads YAML files so that every complaint can say file:line:column.

`read` turns a file into plain data plus the place of each value; `check` validates that data
with a pydantic model and translates each of pydantic's complaints into one line with the nearest
right word. Rule files, scenario files and world files all come in through here.
"""

from __future__ import annotations

import contextlib
import difflib
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, RootModel, ValidationError

Loc = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

MAX_BYTES = 1 << 20
MAX_VALUES = 50_000
MAX_DEPTH = 60


class Problem(NamedTuple):
    """One complaint and its place: line and column count from 1, line 0 is of no file."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        if not self.line:
            return f"{self.file}: {self.message}"
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class SourceError(ValueError):
    """A file that cannot be used; one line per problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class Source:
    """The data of a YAML file and where each part of it stands; nowhere, if it has no file."""

    file: str
    data: Any
    values: Mapping[Loc, tuple[int, int]]
    keys: Mapping[Loc, tuple[int, int]]

    def problem(self, loc: Iterable[str | int], message: str, *, key: bool = False) -> Problem:
        """Place `message` at `loc`, or at the nearest enclosing value the file really has."""
        if not self.values:
            path = ".".join(map(str, _there(self.data, loc)))
            return Problem(self.file, 0, 0, f"{path}: {message}" if path else message)
        here: Loc = ()
        for part in loc:
            if (*here, part) in self.values or (*here, part) in self.keys:
                here = (*here, part)
        marks = self.keys if key and here in self.keys else self.values
        line, column = marks.get(here, (1, 1))
        return Problem(self.file, line, column, message)


def _there(data: Any, loc: Iterable[str | int]) -> Iterator[str | int]:
    """Yield the parts of `loc` that lead to something in `data`."""
    for part in loc:
        if isinstance(data, dict | list):
            with contextlib.suppress(LookupError, TypeError):
                data = data[part]  # type: ignore[index]
                yield part


def nearest(word: object, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the closest known word, or the whole list if it is short."""
    names = sorted(set(known))
    close = difflib.get_close_matches(str(word), names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    if 0 < len(names) <= 16:
        return "; one of " + ", ".join(names)
    return ""


class _Loader(yaml.SafeLoader):
    """YAML's core types without 1.1's surprises: only true/false are booleans, dates stay text."""


class _FastLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same with libyaml: many times faster, but its messages are not as plain."""


for _loader in (_Loader, _FastLoader):
    _loader.yaml_implicit_resolvers = {
        first: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _loader.add_implicit_resolver(
        "tag:yaml.org,2002:bool",
        re.compile(r"^(?:true|false|True|False|TRUE|FALSE)$"),
        list("tTfF"),
    )


class _Builder:
    """Builds data from YAML nodes and remembers where each piece stood."""

    def __init__(self, file: str, loader: yaml.SafeLoader) -> None:
        self.file = file
        self.loader = loader
        self.values: dict[Loc, tuple[int, int]] = {}
        self.keys: dict[Loc, tuple[int, int]] = {}
        self.count = 0

    def fail(self, node: yaml.Node, message: str) -> SourceError:
        line, column = _place(node.start_mark)
        return SourceError([Problem(self.file, line, column, message)])

    def build(self, node: yaml.Node, loc: Loc) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise self.fail(
                node, f"more than {MAX_VALUES} values once aliases are expanded; write it out"
            )
        if len(loc) > MAX_DEPTH:
            raise self.fail(node, f"nested more than {MAX_DEPTH} levels deep")
        self.values[loc] = _place(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, loc)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*loc, index)) for index, item in enumerate(node.value)]
        try:
            return self.loader.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            raise self.fail(node, f"not a value that YAML's core schema knows: {error}") from None

    def mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.fail(key_node, "a key must be plain text")
            key = str(key_node.value)
            if key_node.tag == "tag:yaml.org,2002:merge":
                raise self.fail(key_node, "merge keys (<<) are not used here; write the keys out")
            if key in result:
                first = self.keys[(*loc, key)][0]
                raise self.fail(key_node, f"{key!r} is here twice; the first is on line {first}")
            self.keys[(*loc, key)] = _place(key_node.start_mark)
            result[key] = self.build(value_node, (*loc, key))
        return result


def _place(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def read(path: Path | str, *, name: str | None = None) -> Source:
    """Read one YAML file.

    Args:
        path: the file; at most 1 MiB of UTF-8.
        name: what to call it in messages (default: the path as given).

    Raises:
        SourceError: unreadable, not UTF-8, empty, not YAML, a duplicate key, an alias bomb.
    """
    file = name or str(path)
    try:
        with Path(path).open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError([Problem(file, 1, 1, f"cannot be read: {reason}")]) from None
    if len(raw) > MAX_BYTES:
        raise SourceError([Problem(file, 1, 1, f"larger than {MAX_BYTES >> 20} MiB")])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        message = f"not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8"
        raise SourceError([Problem(file, line, column, message)]) from None
    return parse(text, file)


def parse(text: str, file: str) -> Source:
    """Parse YAML text that came from `file`; see `read`."""
    try:
        node, loader = _composed(text)
    except yaml.MarkedYAMLError as error:
        line, column = _place(error.problem_mark or error.context_mark)
        message = f"not valid YAML: {error.problem or error.context}"
        raise SourceError([Problem(file, line, column, message)]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        code = error.character if isinstance(error.character, int) else ord(error.character)
        message = f"not valid YAML: the character #x{code:04x} is not allowed"
        raise SourceError([Problem(file, line, column, message)]) from None
    except RecursionError:
        raise SourceError([Problem(file, 1, 1, "nested too deeply")]) from None
    if node is None:
        raise SourceError([Problem(file, 1, 1, "the file is empty")])
    builder = _Builder(file, loader)
    try:
        data = builder.build(node, ())
    except RecursionError:
        raise SourceError([Problem(file, 1, 1, "nested too deeply")]) from None
    return Source(file, data, builder.values, builder.keys)


def _composed(text: str) -> tuple[yaml.Node | None, yaml.SafeLoader]:
    """Compose the only document; what libyaml cannot read is read again for a plain message."""
    kinds: list[type[yaml.SafeLoader]] = [_FastLoader, _Loader] if _is_shallow(text) else [_Loader]
    for kind in kinds:
        loader = kind(text)
        try:
            return loader.get_single_node(), loader
        except yaml.YAMLError:
            if kind is kinds[-1]:
                raise
        finally:
            loader.dispose()
    raise AssertionError


def _is_shallow(text: str) -> bool:
    """Tell whether libyaml's composer, which recurses in C, can be trusted with this text."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_FastLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    return False
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        return False
    return True


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
