"""Worlds as text: the files of module versions one after another, in Go's txtar form.

    Anything up to the first marker is a comment.
    -- example.com/hello@v1.0.0/go.mod --
    module example.com/hello
    -- example.com/hello@v1.0.0/hello.go --
    package hello
    -- world.yaml --
    hosts: …

Each marker names a file as the module's zip does. Two names are special, as in the archives that
Go's own tests use: `.mod` is what a proxy serves if not go.mod, `.info` gives the time. A version
without a go.mod has none. `world.yaml` says the rest, of these modules and of everything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from faults import yamlsource
from faults.source import Loc, Problem, Source, SourceError

_MARKER = re.compile(r"^-- (.+?) --\s*$")
_NAME = re.compile(r"([^@]+)@([^/@]+)/(.+)")


class Section(NamedTuple):
    """One file of an archive; `line` is where its marker stands, from 1."""

    name: str
    text: str
    line: int


def sections(text: str) -> Iterator[Section]:
    """Split an archive into its files; the comment before the first marker is dropped."""
    name, start, lines = "", 0, list[str]()
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        found = _MARKER.match(line)
        if not found:
            lines.append(line)
            continue
        if name:
            yield Section(name, _ended("".join(lines)), start)
        name, start, lines = found[1].strip(), number, []
    if name:
        yield Section(name, _ended("".join(lines)), start)


def read(path: Path) -> Source:
    """Read a txtar file as though it were a world file in YAML, with the place of every part.

    Raises:
        SourceError: unreadable, not UTF-8, too large, or with marker lines that name no file.
    """
    return parse(yamlsource.text_of(path, str(path)), str(path))


def parse(text: str, file: str) -> Source:
    """Parse txtar text that came from `file`; see `read`."""
    data: dict[str, Any] = {}
    values: dict[Loc, tuple[int, int]] = {(): (1, 1)}
    keys: dict[Loc, tuple[int, int]] = {}
    found = list(sections(text))
    if not found:
        raise _refused(file, 1, "no file in it; begin one with a line `-- path@version/name --`")
    for section in found:
        if section.name == "world.yaml":
            rest = yamlsource.parse(section.text, file)
            if not isinstance(rest.data, dict):
                raise _refused(file, section.line, "world.yaml must hold a mapping")
            data |= rest.data
            for places, theirs in ((values, rest.values), (keys, rest.keys)):
                for loc, (line, column) in theirs.items():
                    places.setdefault(loc, (line + section.line, column))
    for section in found:
        if section.name != "world.yaml":
            _add(data, values, section, file)
    return Source(file, data, values, {**values, **keys})


def _add(
    data: dict[str, Any], places: dict[Loc, tuple[int, int]], section: Section, file: str
) -> None:
    named = _NAME.fullmatch(section.name)
    if named is None:
        message = f"{section.name!r} is not path@version/name, nor world.yaml"
        raise _refused(file, section.line, message)
    path, version, name = named.groups()
    here = ("modules", path, "versions", version)
    content = data
    for key in here:
        content = _mapping(content, key, section, file)
    files = _mapping(content, "files", section, file)
    for length in range(1, len(here) + 1):
        places.setdefault(here[:length], (section.line, 4))
    if name in files:
        raise _refused(file, section.line, f"{section.name!r} is here twice; drop one")
    if name == ".mod":
        content[name] = section.text
    elif name == ".info":
        content |= _info(section, file)
    else:
        files[name] = section.text
    places[*here, "files", name] = (section.line, 4)
    if "go.mod" in files:
        content.pop("go.mod", None)
    else:
        content["go.mod"] = False


def _mapping(data: dict[str, Any], key: str, section: Section, file: str) -> dict[str, Any]:
    inner = data.setdefault(key, {})
    if not isinstance(inner, dict):
        message = f"world.yaml must have a mapping at {key!r}, because of {section.name!r}"
        raise _refused(file, section.line, message)
    return inner


def _info(section: Section, file: str) -> dict[str, str]:
    try:
        info = json.loads(section.text)
    except ValueError as error:
        raise _refused(file, section.line, f"{section.name!r} is not JSON: {error}") from None
    if not isinstance(info, dict):
        raise _refused(file, section.line, f"{section.name!r} must be a JSON object")
    known = {"time": info.get("Time"), "commit": info.get("Short") or info.get("Name")}
    return {key: str(value) for key, value in known.items() if value}


def _refused(file: str, line: int, message: str) -> SourceError:
    return SourceError([Problem(file, line, 1, message)])


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
