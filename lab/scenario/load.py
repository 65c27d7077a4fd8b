"""Loads scenario files, and finds the ones a user means."""

from __future__ import annotations

import json
from collections.abc import Iterable
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
from lab.patterns import Checker
from lab.scenario.check import problems as senseless
from lab.scenario.model import Scenario
from lab.world.load import base_world
from lab.world.load import problems as world_problems


class Loaded(BaseModel):
    """A scenario and the file it came from."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    file: Path
    scenario: Scenario

    def runs(self) -> list[Run]:
        """Return what there is to replay: each variant, or the scenario itself."""
        names: list[str | None] = [*self.scenario.variants] or [None]
        with INTERRUPTS:
            return [Run(variant=name, scenario=applied(self.scenario, name)) for name in names]


class Run(BaseModel):
    """One thing to replay: a scenario with one of its variants applied."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    variant: str | None
    scenario: Scenario

    @property
    def name(self) -> str:
        """`scenario` or `scenario/variant`."""
        return f"{self.scenario.id}/{self.variant}" if self.variant else self.scenario.id


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


def load(path: Path, *, name: str | None = None) -> Loaded:
    """Load one scenario file.

    Raises:
        ScenarioError: with every problem, each as `file:line:column: what`.
    """
    with INTERRUPTS:
        return _loaded(path, name)


def _loaded(path: Path, name: str | None) -> Loaded:
    try:
        source = yamlsource.read(path, name=name)
        checker = Checker()
        scenario = validation.check(source, Scenario, checker)
    except SourceError as error:
        raise ScenarioError([str(problem) for problem in error.problems]) from None
    world = world_problems(source, scenario.world, at=("world",), base=base_world())
    found = chain(world, senseless(source, scenario), _variants(source, scenario, checker))
    if problems := first(found):
        raise ScenarioError([str(problem) for problem in problems])
    return Loaded(file=path, scenario=scenario)


def _variants(source: Source, scenario: Scenario, checker: Checker) -> Iterable[Problem]:
    for name in scenario.variants:
        try:
            applied(scenario, name, checker)
        except ValidationError as error:
            for problem in validation.problems(source, Scenario, error, at=("variants", name)):
                yield problem._replace(message=f"with this variant: {problem.message}")


def applied(scenario: Scenario, variant: str | None, checker: Checker | None = None) -> Scenario:
    """Return the scenario with one of its variants laid over it.

    Raises:
        pydantic.ValidationError: the result is not a valid scenario.
    """
    if variant is None:
        return scenario
    base = {name: getattr(scenario, name) for name in scenario.model_fields_set - {"variants"}}
    over = scenario.variants[variant]
    for name in over.model_fields_set:
        value = getattr(over, name)
        if value is None:
            continue
        if name in ("client", "replay") and name in base:
            value = {**_said(base[name]), **_said(value)}
        base[name] = value
    return Scenario.model_validate(base, context=checker)


def _said(part: BaseModel | dict[str, Any]) -> dict[str, Any]:
    """Return what was written of a part, in the words of the file."""
    if isinstance(part, dict):
        return part
    return part.model_dump(by_alias=True, exclude_unset=True)


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


def select(names: Iterable[str]) -> list[Run]:
    """Find what a user means by these names: `id`, `id/variant`, or the path of a file.

    Raises:
        UsageError: there is no such scenario or variant; the closest names are given.
        ScenarioError: a file is not valid.
    """
    runs: dict[str, Run] = {}
    for name in names:
        if name.endswith((".yaml", ".yml")):
            found = load(Path(name)).runs()
        else:
            id_, _, variant = name.partition("/")
            if id_ not in _files() and (not id_ or Path(name).exists()):
                raise UsageError(f"{name!r} is no scenario; the name of a file ends in .yaml")
            found = find(id_).runs()
            if variant:
                variants = {run.variant: run for run in found if run.variant}
                if variant not in variants:
                    hint = nearest(variant, variants) or "; it has none"
                    raise UsageError(f"no variant {variant!r} of {id_}{hint}")
                found = [variants[variant]]
        for run in found:
            if runs.setdefault(run.name, run).scenario != run.scenario:
                raise UsageError(
                    f"two different scenarios are called {run.name!r}; the second: {name}"
                )
    return list(runs.values())
