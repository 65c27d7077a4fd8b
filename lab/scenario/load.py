"""Loads scenario files, and finds the ones a user means."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from faults import validation, yamlsource
from faults.nearest import nearest
from faults.rules import Rule
from faults.source import Problem, Source, SourceError, first
from lab.errors import ScenarioError, UsageError
from lab.interrupts import INTERRUPTS
from lab.paths import scenarios_root
from lab.scenario.check import problems as senseless
from lab.scenario.expand import Cell, cells, checkable, laid_over, with_values
from lab.scenario.model import Scenario
from lab.scenario.variants import ByGo, covers
from lab.spec.patterns import Checker
from lab.world.load import base_world
from lab.world.load import problems as world_problems


class Run(BaseModel):
    """One thing to replay: a scenario with one of its variants applied."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    variant: str | None
    scenario: Scenario

    @property
    def name(self) -> str:
        """`scenario` or `scenario/variant`."""
        return f"{self.scenario.id}/{self.variant}" if self.variant else self.scenario.id

    def with_go(self, version: str) -> Run:
        """Return what there is to replay with this Go version."""
        found = [over for over in self.scenario.go if covers(over.since, over.until, version)]
        scenario = self.scenario
        for over in found:
            scenario = _with(scenario, over)
        return self.model_copy(update={"scenario": scenario}) if found else self

    def uncovered(self, version: str) -> str:
        """Say why this is not to be replayed with a Go version; '' if it is."""
        since, until = self.scenario.since, self.scenario.until
        if covers(since, until, version):
            return ""
        return f"go {version} is not of those it is about: " + _span(since, until)


class Loaded(BaseModel):
    """A scenario, the file it came from, and what there is to replay: each of its variants."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    file: Path
    scenario: Scenario
    found: tuple[Run, ...]

    def runs(self) -> list[Run]:
        """Return what there is to replay: each variant, or the scenario itself."""
        return list(self.found)

    @property
    def variants(self) -> list[str]:
        """The names of its variants."""
        return [run.variant for run in self.found if run.variant]


def _span(since: str | None, until: str | None) -> str:
    return " ".join(
        f"{word} {version}" for word, version in (("since", since), ("until", until)) if version
    )


def _with(scenario: Scenario, over: ByGo) -> Scenario:
    """Return a scenario as it is with some Go versions.

    Raises:
        pydantic.ValidationError: the result is not a valid scenario.
    """
    data = scenario.model_dump(by_alias=True, exclude_unset=True)
    said = over.model_dump(by_alias=True, exclude_unset=True, exclude={"since", "until"})
    said = {key: value for key, value in said.items() if value is not None}
    return Scenario.model_validate(laid_over(data, said))


def described(rule: Rule) -> str:
    """Return a fault rule in a line, in the words of the file."""
    data = rule.model_dump(mode="json", by_alias=True, exclude_unset=True, include={"where", "do"})
    return f"where {flow(data.get('where', {}))} do {flow(data['do'])}"


def flow(value: Any) -> str:
    """Write data as YAML's flow style does, a list of one without its brackets."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        items = ", ".join(map(flow, value))
        return items if len(value) == 1 else f"[{items}]"
    return json.dumps(value) if value in ("", None) else str(value)


Prepare = Callable[[Source], Source]
"""What is done to a file before it is checked."""


def unrecorded(source: Source) -> Source:
    """Return a file in which what golab records is there, as if nothing had been measured."""
    if not isinstance(source.data, dict) or not isinstance(source.data.get("replay"), dict):
        return source
    control = source.data.get("kind") == "control"
    replay = {"healthy": {}, **({} if control else {"broken": {}}), **source.data["replay"]}
    said = {**({} if control else {"silent": False}), **source.data, "replay": replay}
    return replace(source, data=said)


def load(path: Path, *, name: str | None = None, source: Prepare = lambda read: read) -> Loaded:
    """Load one scenario file; `source` is what is done to it before it is checked.

    Raises:
        ScenarioError: with every problem, each as `file:line:column: what`.
    """
    with INTERRUPTS:
        return _loaded(path, name, source)


def _loaded(path: Path, name: str | None, prepare: Prepare) -> Loaded:
    try:
        source = prepare(yamlsource.read(path, name=name))
        checker = Checker()
        try:
            scenario = _checked(source, checker)
        except SourceError as error:
            raise _with_a_way_on(error, source, path) from None
        variants = cells(source)
    except SourceError as error:
        raise ScenarioError([str(problem) for problem in error.problems]) from None
    runs: list[Run] = []
    world = world_problems(source, scenario.world, at=("world",), base=base_world())
    found = chain(world, *(_replayable(cell, scenario, checker, runs) for cell in variants))
    if problems := first(found):
        raise ScenarioError([str(problem) for problem in problems])
    return Loaded(file=path, scenario=scenario, found=tuple(runs))


def _checked(source: Source, checker: Checker) -> Scenario:
    """Check the form of a file, with the first value of each axis in its place."""
    try:
        return validation.check(source, Scenario, checker)
    except SourceError:
        if not isinstance(source.data, dict) or not isinstance(source.data.get("matrix"), dict):
            raise
    whole = checkable(source)
    return validation.check(replace(whole, data=_typed(whole, checker)), Scenario, checker)


def _with_a_way_on(error: SourceError, source: Source, path: Path) -> SourceError:
    """Name what writes a record, if a record is all that the file lacks."""
    try:
        _checked(unrecorded(source), Checker())
    except SourceError:
        return error
    *others, last = error.problems
    said = f"{last.message}; `golab record {path}` writes what it measures"
    return SourceError([*others, last._replace(message=said)])


def _typed(cell: Cell, checker: Checker) -> Any:
    """Return the data of a cell with the values of axes in place of text where that is wrong."""
    if not cell.alone:
        return cell.data
    try:
        validation.strictly(cell.data, Scenario, checker)
    except ValidationError as error:
        wrong = {cell.place(detail["loc"]) for detail in error.errors(include_url=False)}
        return with_values(cell.data, {loc: cell.alone[loc] for loc in wrong & cell.alone.keys()})
    return cell.data


def _replayable(
    cell: Cell, whole: Scenario, checker: Checker, runs: list[Run]
) -> Iterator[Problem]:
    """Yield what is wrong with one variant, or add it to what there is to replay."""
    try:
        unchanged = cell.name is None
        data = _typed(cell, checker)
        scenario = whole if unchanged else validation.strictly(data, Scenario, checker)
    except ValidationError as error:
        yield from validation.problems(cell, Scenario, error)
        return
    if scenario.world != whole.world:
        yield from world_problems(cell, scenario.world, at=("world",), base=base_world())
    yield from senseless(cell, scenario)
    for index, over in enumerate(scenario.go if not runs else ()):  # alike in all variants
        try:
            _with(scenario, over)
        except ValidationError as error:
            said = validation.problems(cell, Scenario, error)[0].message
            yield cell.problem(("go", index), f"with these Go versions: {said}")
    runs.append(Run(variant=cell.name, scenario=scenario))


def catalogue(root: Path | None = None) -> dict[str, Loaded]:
    """Load every scenario below a directory (by default the one golab comes with), by id.

    Raises:
        ScenarioError: a file is not valid, misplaced, or two have the same id.
    """
    directory = root or scenarios_root()
    found: dict[str, Loaded] = {}
    problems: list[str] = []
    for path in sorted(directory.glob("*/*.yaml")):
        try:
            loaded = load(path)
        except ScenarioError as error:
            problems += error.problems
            continue
        scenario = loaded.scenario
        if scenario.id in found:
            other = found[scenario.id].file
            problems.append(f"{path}:1:1: the id {scenario.id!r} is taken by {other}")
        if path.stem != scenario.id or path.parent.name != scenario.family:
            place = f"{scenario.family}/{scenario.id}.yaml"
            problems.append(f"{path}:1:1: a scenario of this id and family belongs in {place}")
        found[scenario.id] = loaded
    if problems:
        raise ScenarioError(problems)
    return found


def of_family(family: str | None) -> list[Loaded]:
    """Return the scenarios of one family of the catalogue, or all of them.

    Raises:
        UsageError: there is no such family; the closest name is given.
    """
    known = catalogue().values()
    families = {loaded.scenario.family for loaded in known}
    if family is not None and family not in families:
        raise UsageError(f"no family {family!r}{nearest(family, families)}")
    return [loaded for loaded in known if family in (None, loaded.scenario.family)]


def find(id_: str) -> Loaded:
    """Return one scenario of the catalogue, reading only its own file.

    Raises:
        UsageError: there is no such scenario; the closest names are given.
        ScenarioError: its file is not valid.
    """
    files = _files()
    if id_ not in files:
        raise UsageError(f"no scenario {id_!r}{nearest(id_, files)} (`golab list` shows them all)")
    return load(files[id_])


def _files() -> dict[str, Path]:
    return {path.stem: path for path in scenarios_root().glob("*/*.yaml")}


def single(name: str) -> Run:
    """Find the one thing to replay that a user means; see `select`.

    Raises:
        UsageError: there is none, or it has several variants.
        ScenarioError: a file is not valid.
    """
    runs = select([name])
    if len(runs) > 1:
        names = ", ".join(run.name for run in runs)
        raise UsageError(f"{name} has {len(runs)} variants, and a lab has one: say {names}")
    return runs[0]


_FILE = re.compile(r"(?P<file>.+\.ya?ml)(?:/(?P<variant>[^/]+))?")


def select(names: Iterable[str]) -> list[Run]:
    """Find what a user means: `id`, `id/variant`, the path of a file, or `FILE.yaml/variant`.

    Raises:
        UsageError: there is no such scenario or variant; the closest names are given.
        ScenarioError: a file is not valid.
    """
    runs: dict[str, Run] = {}
    for name in names:
        if file := _FILE.fullmatch(name):
            called, variant = file["file"], file["variant"] or ""
            loaded = load(Path(called))
        else:
            called, _, variant = name.partition("/")
            if called not in _files() and (not called or Path(name).exists()):
                raise UsageError(f"{name!r} is no scenario; the name of a file ends in .yaml")
            loaded = find(called)
        found = loaded.runs()
        if variant:
            if variant not in loaded.variants:
                hint = nearest(variant, loaded.variants) or "; it has none"
                raise UsageError(f"no variant {variant!r} of {called}{hint}")
            found = [run for run in found if run.variant == variant]
        for run in found:
            if runs.setdefault(run.name, run).scenario != run.scenario:
                raise UsageError(
                    f"two different scenarios are called {run.name!r}; the second: {name}"
                )
    return list(runs.values())
