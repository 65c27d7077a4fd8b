"""A graph of 200 modules, the checksum database on, for the oldest and the newest go."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.goproto import semver
from lab.go.toolchain import ensure
from lab.world.build import build
from lab.world.load import base_world
from lab.world.model import World
from lab.world.tree import Tree
from tests.lab.origin.asking import Client, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

COUNT = 200
TOPS = range(COUNT - 20, COUNT)
Requires = dict[tuple[str, str], dict[str, str]]


def name(number: int) -> str:
    """Return the path of a module: some have capitals, some a major version, some are nested."""
    if number % 10 == 3:
        return f"example.com/Graph/M{number:03}"
    if number % 10 == 7:
        return f"example.com/graph/m{number:03}/v2"
    return f"example.com/graph/m{number:03}"


def graph() -> tuple[World, Requires]:
    """Return 200 modules of three versions each, every one requiring up to four earlier ones."""
    dice = random.Random(200)
    requires: Requires = {}
    modules: dict[str, object] = {}
    for number in range(COUNT):
        versions = {}
        for minor in range(3):
            chosen = dice.sample(range(number), min(number, dice.randrange(5)))
            needed = {name(other): version(other, dice.randrange(3)) for other in chosen}
            versions[version(number, minor)] = {"require": needed}
            requires[name(number), version(number, minor)] = needed
        modules[name(number)] = {"versions": versions}
    return World.model_validate({"modules": modules}), requires


def version(number: int, minor: int) -> str:
    return f"v{2 if number % 10 == 7 else 1}.{minor}.0"


def selected(requires: Requires, start: dict[str, str]) -> dict[str, str]:
    """Return what minimal version selection takes (ref/mod#minimal-version-selection)."""
    chosen, todo, seen = dict(start), list(start.items()), set(start.items())
    while todo:
        for path, needed in requires[todo.pop()].items():
            chosen[path] = max(chosen.get(path, needed), needed, key=semver.key)
            if (path, needed) not in seen:
                seen.add((path, needed))
                todo.append((path, needed))
    return chosen


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return build(base_world().merged(graph()[0]), tmp_path_factory.mktemp("worlds"))


@pytest.fixture(scope="module")
def address(tree: Tree) -> Iterator[str]:
    with running(tree) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("go", ["1.21.13", "1.27.3"])
def test_real_go_finds_the_graph_sound(tree: Tree, address: str, tmp_path: Path, go: str) -> None:
    project = tmp_path / "project"
    project.mkdir()
    client = Client(
        ensure(go).goroot, tmp_path, project, {"GOPROXY": address, "GOSUMDB": tree.gosumdb}
    )

    def run(*argv: str) -> str:
        done = client(*argv)
        assert done.returncode == 0, done.stderr
        return done.stdout

    imports = "".join(f'import _ "{name(number)}"\n' for number in TOPS)
    (project / "main.go").write_text(f"package main\n\n{imports}\nfunc main() {{}}\n")
    (project / "go.mod").write_text("module corp.example/project\n\ngo 1.21\n")
    requires = graph()[1]
    wished = {name(number): version(number, number % 3) for number in TOPS}
    # What go.mod asks for must be what is chosen, or tidy would rewrite it and lose the way there.
    while wished != (start := {path: selected(requires, wished)[path] for path in wished}):
        wished = start
    run("mod", "edit", *(f"-require={path}@{wanted}" for path, wanted in start.items()))
    run("mod", "tidy")
    expected = selected(requires, start)
    assert len(expected) > 100
    listed = dict(line.split() for line in run("list", "-m", "all").splitlines()[1:])
    assert listed == expected
    run("mod", "download", "all")
    assert run("mod", "verify") == "all modules verified\n"
    sums = (project / "go.sum").read_text()
    for path, wanted in expected.items():
        zip_sum, mod_sum = tree.sums(path, wanted)
        assert f"{path} {wanted} {zip_sum}\n" in sums
        assert f"{path} {wanted}/go.mod {mod_sum}\n" in sums
    for path in list(expected)[::10]:
        assert run("list", "-m", "-versions", path).split() == [path, *tree.versions(path)]
    run("get", "-u", "./...")
    updated = dict(line.split() for line in run("list", "-m", "all").splitlines()[1:])
    assert all(updated[path] == tree.index.modules[path].latest() for path in start)
    assert run("mod", "verify") == "all modules verified\n"
