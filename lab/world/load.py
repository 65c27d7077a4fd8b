"""Reads worlds: the base world that every lab has, and world files in YAML or as txtar text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from faults.source import Loc, Problem, Source, SourceError, first
from faults.validation import check
from faults.yamlsource import read
from lab.errors import ScenarioError
from lab.interrupts import INTERRUPTS
from lab.world import txtar
from lab.world.check import Fault, faults
from lab.world.model import World

BASE = Path(__file__).with_name("base.yaml")


@cache
def base_world() -> World:
    """Return the world that every lab has, from base.yaml."""
    with INTERRUPTS:
        source = read(BASE, name=BASE.name)
        world = check(source, World)
        _refuse(problems(source, world))
        return world


def load_world(path: Path | str) -> World:
    """Read a world file and lay it over the base world.

    A name that ends in .txt or .txtar is read as txtar (see `lab.world.txtar`), any other as YAML.

    Raises:
        ScenarioError: with one `file:line:column: what, how to mend it` for each problem.
    """
    with INTERRUPTS:
        return _loaded(path)


def _loaded(path: Path | str) -> World:
    try:
        text = Path(path).suffix in (".txt", ".txtar")
        source = txtar.read(Path(path)) if text else read(path)
        world = check(source, World)
        _refuse(problems(source, world, base=base_world()))
    except SourceError as error:
        raise ScenarioError([str(problem) for problem in error.problems]) from None
    return base_world().merged(world)


def world_of(data: Mapping[str, Any]) -> World:
    """Read a world from data in the form of a world file, and lay it over the base world.

    Raises:
        ScenarioError: with one `world: key.path: what` for each problem.
    """
    source = Source("world", dict(data), {}, {})
    with INTERRUPTS:
        try:
            world = check(source, World)
            _refuse(problems(source, world, base=base_world()))
        except SourceError as error:
            raise ScenarioError([str(problem) for problem in error.problems]) from None
        return base_world().merged(world)


def problems(
    source: Source, world: World, *, at: Loc = (), base: World | None = None
) -> Iterator[Problem]:
    """Yield what does not fit together in a world read from `source`, each at its place.

    Args:
        source: the file.
        world: the data that stands at `at` in it, in the right form already.
        at: where in the file; a scenario has its world at ("world",).
        base: the world that it will be laid over.
    """
    for fault in faults(world, base):
        yield source.problem((*at, *_written(source, at, fault)), fault.message, key=fault.key)


def _written(source: Source, at: Loc, fault: Fault) -> Loc:
    """Turn the place in the model into the place in the file: `versions` may be a list there."""
    data, loc = source.data, list[str | int]()
    for part in at:
        data = data[part]
    for part in fault.loc:
        if isinstance(data, list) and isinstance(part, str):
            loc.append(data.index(part) if part in data else 0)
        else:
            loc.append(part)
        data = data.get(part) if isinstance(data, dict) else None
    return tuple(loc)


def _refuse(found: Iterator[Problem]) -> None:
    if listed := first(found):
        raise SourceError(listed)
