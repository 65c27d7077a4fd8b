"""Whatever a world file says: it is refused with its line, or it is built into a sound tree."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.errors import ScenarioError
from lab.world.build import build
from lab.world.load import load_world
from lab.world.model import World
from tests.programs import needed

# Good values of each kind, and bad ones that are mixed in where a world shall be wild.
PATHS = ["example.com/a", "example.com/a/v2", "example.com/a/b", "example.com/a/b/v3",
         "example.com/A", "gopkg.in/a.v1", "github.com/x/y", "github.com/x/y/z"]  # fmt: skip
BAD_PATHS = ["example.com/v1", "nowhere", "example.com/" + "a" * 300, "rsc.io/quote"]
VERSIONS = ["v%d.0.0", "v%d.0.1-pre", "v%d.2.0", "v%d.0.0-20200101000000-abcdefabcdef"]
BAD_VERSIONS = ["v%d", "x", "v%d.0.0-" + "a" * 300, "v%d.0.0+incompatible"]
TIMES = ["2020-01-01", "2020-01-01T00:00:00+05:30", "2020-06-01T00:00:00Z"]
BAD_TIMES = ["0001-01-01", "9999-12-31T23:59:59Z", "noon", 5]
TEXTS = ["", "package a\n", "é\x85\n", "- x"]
BAD_TEXTS = ["\ud800"]
NAMES = ["a.go", "LICENSE", "b.go", "c/y.go", "B/x.go", ".c"]
BAD_NAMES = ["b", "b/x.go", "c", "A.go", "b/go.mod", "../x", "a/", ""]
BRANCHES = ["master", "dev", "v2"]
BAD_BRANCHES = ["a/b", ""]


def some(wild: bool, good: list[Any], bad: list[Any]) -> st.SearchStrategy[Any]:
    """Return one of the good ones, or in a wild world sometimes one of the bad ones."""
    return st.sampled_from(good * 4 + bad if wild else good)


def contents(wild: bool, require: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    texts = some(wild, TEXTS, BAD_TEXTS)
    return st.fixed_dictionaries(
        {},
        optional={
            "time": some(wild, TIMES, BAD_TIMES),
            "require": require,
            "retract": st.lists(some(wild, ["v1.0.0", "[v1.0.0, v1.2.0]"], ["x"]), max_size=2),
            "deprecated": some(wild, ["", "use it"], ["a\nb"]),
            "go": some(wild, ["", "1.21", "1.22.1"], ["x y"]),
            "files": st.dictionaries(
                some(wild, NAMES, BAD_NAMES), texts | st.just({"size": 100_000}), max_size=3
            ),
            "go.mod": texts | st.just(False),
            ".mod": texts,
            "commit": some(wild, ["", "", "abcdefabcdef"], ["A"]),
        },
    )


@st.composite
def worlds(draw: st.DrawFn, wild: bool) -> dict[str, Any]:
    chosen: dict[str, list[str]] = {}
    for path in draw(st.lists(some(wild, PATHS, BAD_PATHS), max_size=4, unique=True)):
        versions = some(wild, VERSIONS, BAD_VERSIONS)
        major = int(path[-1]) if path[-2:-1] == "v" else 1
        tags = draw(st.lists(versions, min_size=0 if wild else 1, max_size=3, unique=True))
        chosen[path] = [tag.replace("%d", str(major)) for tag in tags]
    there = [(path, version) for path, tags in chosen.items() for version in tags]
    modules: dict[str, Any] = {}
    for number, (path, tags) in enumerate(chosen.items()):
        # Requiring only what comes later, a world that is not wild has no cycles.
        onward = [(p, v) for p, v in there if wild or list(chosen).index(p) > number]
        require = st.lists(st.sampled_from(onward), max_size=2).map(dict) if onward else st.just({})
        content = contents(wild, require)
        modules[path] = {"versions": {tag: draw(content) for tag in tags}}
        if draw(st.booleans()):
            branches = some(wild, BRANCHES, BAD_BRANCHES)
            modules[path]["branches"] = draw(
                st.dictionaries(branches, st.lists(content, max_size=2), max_size=2)
            )
        modules[path] |= draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "private": st.booleans(),
                    "access": some(wild, ["hide", "challenge"], ["x"]),
                    "repo": some(wild, ["", ""], ["https://example.com/a", "x"]),
                    "root": some(wild, ["", ""], ["example.com/a", "other.example"]),
                    "vcs": st.booleans(),
                    "proxy": st.booleans(),
                    "sumdb": st.none() | st.booleans(),
                },
            )
        )
        if not wild and "branches" in modules[path]:
            modules[path].pop("vcs", None)
            for commits in modules[path]["branches"].values():
                for commit in commits:
                    commit.pop("commit", None)
    return {"modules": modules}


def load(file: Path, data: dict[str, Any]) -> World | None:
    """Write and load a world; None if it is refused, then with a line for each problem."""
    file.write_text(yaml.safe_dump(data, allow_unicode=False))
    try:
        return load_world(file)
    except ScenarioError as error:
        for line in error.problems:
            assert re.match(rf"{re.escape(str(file))}:\d+:\d+: \S", line), line
        return None


def sound(world: World, directory: Path, given: dict[str, Any]) -> None:
    """Build a world, and check what must be true of every tree."""
    tree = build(world, directory)
    for path, module in tree.index.modules.items():
        assert module.latest() in module.versions
        for version in module.versions:
            assert tree.file(path, version, "zip").is_file()
    for repo in tree.index.repos.values():
        if any(path in given["modules"] for path in repo.modules):
            directory = tree.path / "repos" / repo.directory
            command = [needed("git"), "-C", str(directory), "-c", "safe.directory=*"]
            subprocess.run([*command, "fsck", "--strict"], check=True, capture_output=True)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(wild=True))
def test_any_world_is_refused_with_its_line_or_built(data: dict[str, Any]) -> None:
    with TemporaryDirectory() as name:
        world = load(Path(name) / "world.yaml", data)
        if world:
            sound(world, Path(name) / "worlds", data)


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(wild=False))
def test_a_world_of_good_parts_is_built(data: dict[str, Any]) -> None:
    with TemporaryDirectory() as name:
        world = load(Path(name) / "world.yaml", data)
        assert world
        sound(world, Path(name) / "worlds", data)
