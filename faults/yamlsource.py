"""Reads YAML files so that every complaint can say file:line:column.

`read` turns a file into plain data plus the place of each value, which `faults.validation` needs.
Rule files, scenario files and world files all come in through here.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

Loc = tuple[str | int, ...]

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

    def place(self, loc: Iterable[str | int]) -> Loc:
        """Return the parts of `loc` that the data really has; the others lead nowhere."""
        here: Loc = ()
        data = self.data
        for part in loc:
            inside = part in data if isinstance(data, dict) else _is_index(data, part)
            if inside or (*here, part) in self.keys:
                here = (*here, part)
                data = data[part] if inside else None
        return here

    def problem(self, loc: Iterable[str | int], message: str, *, key: bool = False) -> Problem:
        """Place `message` at `loc`, or at the nearest enclosing value the data really has."""
        here = self.place(loc)
        if not self.values:
            path = ".".join(map(str, here))
            return Problem(self.file, 0, 0, f"{path}: {message}" if path else message)
        marks = self.keys if key and here in self.keys else self.values
        line, column = marks.get(here, (1, 1))
        return Problem(self.file, line, column, message)


def _is_index(data: Any, part: str | int) -> bool:
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def nearest(word: object, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest known word, or the whole list if it is short.

    Near is a name that begins with the word, has it as one of its parts (`timeout` of
    `proxy-timeout`), or differs from it in at most a third of its letters.
    """
    names = sorted(set(known))
    found = min(((_distance(str(word), name), name) for name in names), default=(1.0, ""))
    if found[0] <= _NEAR:
        return f"; did you mean {found[1]!r}?"
    if 0 < len(names) <= 16:
        return "; one of " + ", ".join(names)
    return ""


_NEAR = 1 / 3
_PART = 3  # letters that a part of a name must have to stand for it
_LONG = 80  # letters beyond which words are not compared: it takes the square of them


def _distance(word: str, name: str) -> float:
    """Return how far a word is from a name: 0 is the same, 1 has nothing in common."""
    one, other = (text.lstrip("-").casefold() for text in (word, name))
    part = len(one) >= _PART and (other.startswith(one) or one in re.split(r"\W|_", other))
    longer = max(len(one), len(other), 1)
    if longer > _LONG or abs(len(one) - len(other)) > longer * _NEAR:
        return _NEAR if part else 1.0
    return min(_edits(one, other) / longer, _NEAR if part else 1.0)


def _edits(one: str, other: str) -> int:
    """Count letters to put in, leave out, change, or swap with the next (optimal alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one):
        row = [i + 1]
        for j, b in enumerate(other):
            cost = min(last[j] + (a != b), last[j + 1] + 1, row[j] + 1)
            if i and j and a == other[j - 1] and one[i - 1] == b:
                cost = min(cost, before[j - 1] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


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
    return parse(text_of(path, file), file)


def text_of(path: Path | str, file: str, most: int = MAX_BYTES) -> str:
    """Return the text of a file that messages call `file`: UTF-8, at most so many bytes.

    Raises:
        SourceError: not a file (a pipe is never waited for), unreadable, too large, not UTF-8.
    """
    try:
        with open(path, "rb", opener=_regular) as stream:
            raw = stream.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError([Problem(file, 1, 1, f"cannot be read: {reason}")]) from None
    if len(raw) > most:
        raise SourceError([Problem(file, 1, 1, f"larger than {most >> 20} MiB")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        message = f"not UTF-8 (byte 0x{raw[error.start]:02x}); save the file as UTF-8"
        raise SourceError([Problem(file, line, column, message)]) from None


def _regular(path: str, flags: int) -> int:
    """Open a regular file, or a directory, which open() refuses; never wait for a pipe."""
    opened = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    kind = os.fstat(opened).st_mode
    if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
        return opened
    os.close(opened)
    raise OSError(errno.EINVAL, f"a {'pipe' if stat.S_ISFIFO(kind) else 'device'} is not a file")


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
