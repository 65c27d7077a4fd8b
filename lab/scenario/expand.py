"""Lays the variants of a scenario file over it: data in, data out, each value with its place.

A cell is what one variant comes to. Where a value of it stands in the file is kept, so that what
is wrong with it can be said there, and what was measured written there.
"""

from __future__ import annotations

import copy
import fnmatch
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from faults.nearest import nearest
from faults.source import Loc, Problem, Source, SourceError
from faults.yamlsource import MAX_BYTES
from lab.scenario.variants import MAX_VARIANTS, Scalar, value_name

Data = dict[str, Any]

_NOT_OF_A_CELL = ("matrix", "variants")
_WHOLE = (("break",), ("repair",), *(("replay", arm) for arm in ("healthy", "broken", "repaired")))
"""What breaks, a remedy, what an arm must do: a variant's takes the place of the scenario's."""
_MOST_VALUES = 200_000
"""Of all combinations together: each has the values of the whole file."""
OUTCOMES = ("detect", "miss", "false-alarm", "right")


@dataclass(frozen=True)
class Cell(Source):
    """The data of one variant; its places are those in the file.

    `renamed` are the parts whose name has the value of an axis in it, and their names in the file;
    `places` the parts that stand elsewhere than they would without variants; `alone` those that are
    the value of an axis and nothing else, where that is no text.
    """

    origin: Source = field(kw_only=True)
    name: str | None = field(kw_only=True)
    places: Mapping[Loc, Loc] = field(kw_only=True)
    renamed: Mapping[Loc, Loc] = field(kw_only=True)
    alone: Mapping[Loc, Scalar] = field(kw_only=True)

    def in_file(self, loc: Loc) -> Loc:
        """Return where in the file a part of this cell stands."""
        return _moved(_moved(loc, self.renamed), self.places)

    def problem(self, loc: Any, message: str, *, key: bool = False) -> Problem:
        """Place `message` in the file; what no part of it is to blame for names the variant."""
        here = self.place(loc)
        if not here and self.name:
            message = f"with the variant {self.name!r}: {message}"
        return self.origin.problem(self.in_file(here), message, key=key)


def _moved(loc: Loc, places: Mapping[Loc, Loc]) -> Loc:
    for size in range(len(loc), 0, -1):
        if loc[:size] in places:
            return (*places[loc[:size]], *loc[size:])
    return loc


def cells(source: Source) -> list[Cell]:
    """Return each variant of a scenario file, or the file itself if it has none.

    The form of `matrix` and `variants` has been checked.

    Raises:
        SourceError: a name or a pattern leads nowhere, there are too many, two have one name.
    """
    data: Data = source.data
    variants: Mapping[str, Data] = data.get("variants") or {}
    if not data.get("matrix"):
        for name in variants:
            if "*" in name or "," in name:
                message = (
                    f"{name!r} is a pattern, and there is no matrix to whose names it could fit"
                )
                raise SourceError([source.problem(("variants", name), message, key=True)])
        return [_cell(source, name, {}, [("variants", name)]) for name in variants] or [
            _cell(source, None, {}, [])
        ]
    found = list(_combined(source))
    names = [name for name, _, _ in found]
    problems = [
        source.problem(("variants", pattern), f"no combination of the matrix is {what}", key=True)
        for pattern in variants
        for what in _idle(pattern, names)
    ]
    if len(names) > MAX_VARIANTS:
        problems.append(source.problem(("matrix",), f"more than {MAX_VARIANTS} combinations"))
    elif len(names) * len(source.values) > _MOST_VALUES:
        problems.append(source.problem(("matrix",), "too many combinations of so large a file"))
    for name in names:
        if names.count(name) > 1:
            message = f"two combinations are called {name!r}: name the values"
            problems.append(source.problem(("matrix",), message))
    if problems:
        raise SourceError(problems)
    return [
        _cell(source, name, values, [*overlays, *_matching(variants, name)])
        for name, values, overlays in found
    ]


def _idle(pattern: str, names: list[str]) -> Iterator[str]:
    for glob in pattern.split(", "):
        if not fnmatch.filter(names, glob):
            yield f"{glob!r}{nearest(glob, names)}"


def _matching(variants: Mapping[str, Data], name: str) -> list[Loc]:
    return [
        ("variants", pattern)
        for pattern in variants
        if any(fnmatch.fnmatchcase(name, glob) for glob in pattern.split(", "))
    ]


def _combined(source: Source) -> Iterator[tuple[str, dict[str, Scalar], list[Loc]]]:
    """Yield the name of each combination, what stands for its axes, and what is laid over it.

    Raises:
        SourceError: a value makes no name.
    """
    axes: list[list[tuple[str, str, Any, Loc]]] = []
    for axis, said in source.data["matrix"].items():
        if isinstance(said, dict):
            axes.append(
                [(axis, name, value, ("matrix", axis, name)) for name, value in said.items()]
            )
            continue
        values: list[tuple[str, str, Any, Loc]] = []
        for index, value in enumerate(said):
            name = value_name(value)
            if name is None:
                message = f"{value!r} makes no name; name it, as in {{comma: ','}}"
                raise SourceError([source.problem(("matrix", axis, index), message)])
            values.append((axis, name, value, ("matrix", axis, index)))
        axes.append(values)
    for number, combination in enumerate(itertools.product(*axes)):
        if number > MAX_VARIANTS:
            return
        name = "-".join(one for _, one, _, _ in combination)
        plain = {axis: value for axis, _, value, _ in combination if not isinstance(value, dict)}
        yield name, plain, [at for _, _, value, at in combination if isinstance(value, dict)]


def _cell(
    source: Source, name: str | None, values: Mapping[str, Scalar], overlays: list[Loc]
) -> Cell:
    data = {key: value for key, value in source.data.items() if key not in _NOT_OF_A_CELL}
    places: dict[Loc, Loc] = {}
    for at in overlays:
        over: Any = source.data
        for part in at:
            over = over[part]
        said = {key: value for key, value in (over or {}).items() if value is not None}
        data = _laid_over(data, said, (), at, places)
    return _substituted(source, data, values, name, places)


def checkable(source: Source) -> Cell:
    """Return a file with the first value of each axis in its place, for its form to be checked.

    Raises:
        SourceError: the values make a small file a large one.
    """
    return _substituted(source, source.data, _first_values(source.data), None, {})


def laid_over(data: Data, over: Data) -> Data:
    """Return the data of a scenario with that of a variant, or of a Go version, on top."""
    return _laid_over(data, over, (), (), {})


def _laid_over(base: Data, over: Data, loc: Loc, at: Loc, places: dict[Loc, Loc]) -> Data:
    found = dict(base)
    for key, value in over.items():
        here, there = (*loc, key), (*at, key)
        below = base.get(key)
        if here == ("diagnostics",) and isinstance(below, dict) and isinstance(value, dict):
            found[key] = _recorded(below, value, here, there, places)
        elif isinstance(below, dict) and isinstance(value, dict) and here not in _WHOLE:
            found[key] = _laid_over(below, value, here, there, places)
        else:
            found[key] = value
            places[here] = there
    return found


def _recorded(base: Data, over: Data, loc: Loc, at: Loc, places: dict[Loc, Loc]) -> Data:
    """Merge records diagnostic by diagnostic: one that `over` names is what it says there."""
    named = {name for key in OUTCOMES for name in over.get(key) or ()}
    rest = {key: value for key, value in over.items() if key not in OUTCOMES}
    found = _laid_over(base, rest, loc, at, places)
    for key in OUTCOMES:
        kept = [name for name in base.get(key) or () if name not in named]
        added = over.get(key) or []
        if not added and key not in base:
            continue
        found[key] = [*kept, *added]
        old = base.get(key) or []
        for index, name in enumerate(kept):
            place = places.get((*loc, key), (*loc, key))
            places.setdefault((*loc, key, index), (*place, old.index(name)))
        for index in range(len(added)):
            places[(*loc, key, len(kept) + index)] = (*at, key, index)
    return found


def _substituted(
    source: Source,
    data: Data,
    values: Mapping[str, Scalar],
    name: str | None,
    places: Mapping[Loc, Loc],
) -> Cell:
    """Return the cell in which `{axis}` is the value of the axis, as text.

    Raises:
        SourceError: the values make a small file a large one.
    """
    pattern = re.compile("{(" + "|".join(map(re.escape, values)) + ")}")
    alone: dict[Loc, Scalar] = {}
    renamed: dict[Loc, Loc] = {}
    grown = 0

    def text(part: str) -> str:
        nonlocal grown
        found = pattern.sub(lambda found: _written(values[found[1]]), part)
        grown += len(found) - len(part)
        if grown > MAX_BYTES:
            message = f"more than {MAX_BYTES >> 20} MiB of text once values are in their places"
            raise SourceError([source.problem(("matrix",), message)])
        return found

    def replaced(part: Any, loc: Loc, old: Loc) -> Any:
        match part:
            case str():
                if (whole := pattern.fullmatch(part)) and not isinstance(values[whole[1]], str):
                    alone[loc] = values[whole[1]]
                return text(part)
            case dict():
                found = {}
                for key, value in part.items():
                    here = (*loc, text(key))
                    if here[-1] != key:
                        renamed[here] = (*old, key)
                    found[here[-1]] = replaced(value, here, (*old, key))
                return found
            case list():
                return [
                    replaced(item, (*loc, index), (*old, index)) for index, item in enumerate(part)
                ]
        return part

    whole = replaced(data, (), ()) if values else data
    return Cell(
        *(source.file, whole, {}, {}),
        origin=source,
        name=name,
        places=places,
        renamed=renamed,
        alone=alone,
    )


def _written(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def with_values(data: Data, values: Mapping[Loc, Scalar]) -> Data:
    """Return a copy of data with other values at some places."""
    found = copy.deepcopy(data)
    for loc, value in values.items():
        part: Any = found
        for key in loc[:-1]:
            part = part[key]
        part[loc[-1]] = value
    return found


def _first_values(data: Data) -> dict[str, Scalar]:
    """Return the first value of each axis that has values, so that the form can be checked."""
    found = {}
    for axis, said in data["matrix"].items():
        values = said.values() if isinstance(said, dict) else said if isinstance(said, list) else ()
        plain = [value for value in values if isinstance(value, str | int | float)]
        if plain:
            found[axis] = plain[0]
    return found
