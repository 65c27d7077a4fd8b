"""Reads YAML files: rule files, scenario files and world files all come in through here.

`read` turns a file into plain data plus the place of each value, which `faults.validation` needs.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from typing import Any

import yaml

from faults.source import Loc, Problem, Source, SourceError, shortened

MAX_BYTES = 1 << 20
"""The size of a file, and of its text once aliases are expanded."""
MAX_VALUES = 50_000
MAX_DEPTH = 60
MAX_DIGITS = 40
_PLAIN_MESSAGES = 1 << 16
"""Up to this size a broken file is read again, slowly, by the reader with the plainer messages."""


class _Loader(yaml.SafeLoader):
    """YAML's core types without 1.1's surprises: only true/false are booleans, dates stay text."""


class _FastLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same with libyaml: many times faster, but its messages are not as plain."""


_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"^[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$")
_BOOL = re.compile(r"^(?:true|false|True|False|TRUE|FALSE)$")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_KNOWN_TAGS = frozenset(_TAG + name for name in ("str", "int", "float", "bool", "null", "value"))

for _loader in (_Loader, _FastLoader):
    _loader.yaml_implicit_resolvers = {
        letter: [
            (tag, pattern)
            for tag, pattern in resolvers
            if tag not in (_TAG + "int", _TAG + "bool", _TAG + "timestamp")
        ]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _loader.add_implicit_resolver(_TAG + "bool", _BOOL, list("tTfF"))
    _loader.add_implicit_resolver(_TAG + "int", _INT, list("-+0123456789"))


class _Builder:
    """Builds data from YAML nodes and remembers where each piece stood."""

    def __init__(self, file: str, loader: yaml.SafeLoader) -> None:
        self.file = file
        self.loader = loader
        self.values: dict[Loc, tuple[int, int]] = {}
        self.keys: dict[Loc, tuple[int, int]] = {}
        self.count = 0
        self.size = 0

    def fail(self, node: yaml.Node, message: str) -> SourceError:
        line, column = _place(node.start_mark)
        return SourceError([Problem(self.file, line, column, shortened(message))])

    def build(self, node: yaml.Node, loc: Loc) -> Any:
        self.count += 1
        if self.count > MAX_VALUES:
            raise self.fail(node, f"more than {MAX_VALUES} values once aliases are expanded")
        if len(loc) > MAX_DEPTH:
            raise self.fail(node, f"nested more than {MAX_DEPTH} levels deep")
        self.values[loc] = _place(node.start_mark)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if node.tag != _TAG + ("map" if isinstance(node, yaml.MappingNode) else "seq"):
            raise self.fail(node, f"the tag {_written(node.tag)} is not used here; leave it out")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, loc)
        return [self.build(item, (*loc, index)) for index, item in enumerate(node.value)]

    def scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        self.sized(node, text)
        if node.tag not in _KNOWN_TAGS:
            raise self.fail(node, f"the tag {_written(node.tag)} is not used here; leave it out")
        if node.tag in (_TAG + "str", _TAG + "value") or _SEXAGESIMAL.fullmatch(text):
            return text
        if node.tag == _TAG + "int" and len(text) > MAX_DIGITS:
            raise self.fail(node, f"a number of more than {MAX_DIGITS} digits; for text, quote it")
        try:
            return self.loader.construct_object(node)
        except (yaml.YAMLError, ValueError, LookupError, OverflowError):
            raise self.fail(node, f"{text!r} is no {node.tag.removeprefix(_TAG)}") from None

    def sized(self, node: yaml.Node, text: str) -> None:
        """Refuse text that no file can hold, and aliases that make a small file a large one."""
        self.size += len(text)
        if self.size > MAX_BYTES:
            size = f"{MAX_BYTES >> 20} MiB"
            raise self.fail(node, f"larger than {size} of text once aliases are expanded")
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            raise self.fail(node, "holds half of a surrogate pair, which no file can")

    def mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.fail(key_node, "a key must be plain text")
            key = str(key_node.value)
            self.sized(key_node, key)
            if key_node.tag == _TAG + "merge":
                raise self.fail(key_node, "merge keys (<<) are not used here; write the keys out")
            if key in result:
                first = self.keys[(*loc, key)][0]
                raise self.fail(key_node, f"{key!r} is here twice; the first is on line {first}")
            self.keys[(*loc, key)] = _place(key_node.start_mark)
            result[key] = self.build(value_node, (*loc, key))
        return result


def _place(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)


def _written(tag: str) -> str:
    """Return a tag as it is written in a file."""
    return tag.replace(_TAG, "!!", 1)


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


def text_of(path: Path | str, file: str) -> str:
    """Return the text of a file that messages call `file`: UTF-8, at most MAX_BYTES.

    Raises:
        SourceError: not a file (a pipe is never waited for), unreadable, too large, not UTF-8.
    """
    try:
        with open(path, "rb", opener=_regular) as stream:
            size = os.fstat(stream.fileno()).st_size
            raw = stream.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError([Problem(file, 1, 1, f"cannot be read: {reason}")]) from None
    if max(size, len(raw)) > MAX_BYTES:
        message = f"larger than {MAX_BYTES >> 20} MiB, which is the most that is read"
        raise SourceError([Problem(file, 1, 1, message)])
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
    if found := yaml.reader.Reader.NON_PRINTABLE.search(text):
        message = f"not valid YAML: the character #x{ord(found[0]):04x} is not allowed"
        raise SourceError([Problem(file, *_position(text, found.start()), message)])
    try:
        loader, node = _composed(text, file)
        if node is None:
            raise SourceError([Problem(file, 1, 1, "the file is empty")])
        builder = _Builder(file, loader)
        return Source(file, builder.build(node, ()), builder.values, builder.keys)
    except yaml.MarkedYAMLError as error:
        line, column = _place(error.problem_mark or error.context_mark)
        message = shortened(f"not valid YAML: {error.problem or error.context}")
        raise SourceError([Problem(file, line, column, message)]) from None
    except yaml.YAMLError as error:
        message = shortened(f"not valid YAML: {error}".partition("\n")[0])
        raise SourceError([Problem(file, 1, 1, message)]) from None
    except RecursionError:
        raise SourceError([Problem(file, 1, 1, "nested too deeply")]) from None


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _composed(text: str, file: str) -> tuple[yaml.SafeLoader, yaml.Node | None]:
    """Compose the only document; what libyaml cannot read is read again for a plain message.

    Raises:
        SourceError: it is nested too deeply, or has too many values, for libyaml's composer, which
            recurses in C and keeps them all.
        yaml.YAMLError: it is not valid.
    """
    kind: type[yaml.SafeLoader] = _FastLoader
    try:
        _bounded(text, file)
    except yaml.YAMLError:
        if len(text) > _PLAIN_MESSAGES:
            raise
        kind = _Loader
    loader = kind(text)
    try:
        return loader, loader.get_single_node()
    finally:
        loader.dispose()


def _bounded(text: str, file: str) -> None:
    depth = count = 0
    for event in yaml.parse(text, Loader=_FastLoader):
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent):
            count += 1
            depth += isinstance(event, yaml.CollectionStartEvent)
        if depth > MAX_DEPTH + 1 or count > 2 * MAX_VALUES:  # each may have a key
            deep = f"nested more than {MAX_DEPTH} levels deep"
            message = deep if depth > MAX_DEPTH + 1 else f"more than {MAX_VALUES} values"
            raise SourceError([Problem(file, *_place(event.start_mark), message)])
