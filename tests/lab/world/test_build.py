from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from lab.errors import ScenarioError
from lab.world import layout, modzip
from lab.world.build import build
from lab.world.load import base_world
from lab.world.model import Module, World
from lab.world.tree import Tree
from tests.programs import needed


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    return build(base_world(), tmp_path_factory.mktemp("worlds"))


def digest(directory: Path) -> str:
    """Return one hash over the names and contents of all files below a directory."""
    total = hashlib.sha256()
    for file in sorted(path for path in directory.rglob("*") if path.is_file()):
        total.update(f"{file.relative_to(directory)}\0".encode() + file.read_bytes() + b"\0")
    return total.hexdigest()


def small(*versions: str) -> World:
    return World.model_validate({"modules": {"example.com/a": {"versions": list(versions)}}})


def test_the_same_world_gives_the_same_bytes(tree: Tree, tmp_path: Path) -> None:
    again = build(base_world(), tmp_path)
    assert again.path.name == tree.path.name
    assert digest(again.path) == digest(tree.path)


def test_the_bytes_are_the_same_on_every_machine(tmp_path: Path) -> None:
    # Made once on x86-64 with Python 3.11; raise lab.world.build.FORMAT when this must change.
    assert digest(build(small("v1.0.0", "v1.1.0"), tmp_path).path) == (
        "e93958b9cdaba104780ced32b077f0d98b6f914e559aa70f8be5b029a9497246"
    )


def test_zips_are_stored_and_carry_no_clock(tree: Tree) -> None:
    with zipfile.ZipFile(tree.file("github.com/spf13/cobra", "v1.8.0", "zip")) as archive:
        entries = archive.infolist()
        files = {entry.filename: archive.read(entry) for entry in entries}
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert set(files) == {
        "github.com/spf13/cobra@v1.8.0/cobra.go",
        "github.com/spf13/cobra@v1.8.0/go.mod",
    }
    assert modzip.h1(files) == tree.sums("github.com/spf13/cobra", "v1.8.0")[0]


def test_a_warm_build_takes_less_than_five_milliseconds(tree: Tree) -> None:
    world, times = base_world(), []
    for _ in range(5):
        start = time.perf_counter()
        assert build(world, tree.path.parent) == tree
        times.append(time.perf_counter() - start)
    assert min(times) < 0.005


def test_another_world_is_another_tree(tmp_path: Path) -> None:
    assert build(small("v1.0.0"), tmp_path).path != build(small("v1.0.1"), tmp_path).path


def test_the_cache_is_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLAB_CACHE", str(tmp_path))
    assert build(small("v1.0.0")).path.parent == tmp_path / "worlds"


def test_builders_at_once_agree(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    builders = [
        context.Process(target=build, args=(base_world(), tmp_path)) for _ in range(3)
    ]  # fmt: skip
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join(60)
        assert builder.exitcode == 0
    (made,) = tmp_path.iterdir()
    assert Tree(made).versions("github.com/gorilla/mux")[0] == "v1.7.3"


def test_a_builder_killed_at_any_moment_leaves_no_half_tree(tmp_path: Path) -> None:
    whole = digest(build(base_world(), tmp_path / "whole").path)
    cache = tmp_path / "killed"
    started = killed = 0
    while killed < 10 and started < 40:
        pid = os.fork()
        if pid == 0:
            build(base_world(), cache)
            os._exit(0)
        started += 1
        time.sleep(0.004 * started)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        killed += os.WIFSIGNALED(status)
        for found in cache.glob("[!.]*"):
            assert digest(found) == whole
            started = 40
    assert killed
    assert digest(build(base_world(), cache).path) == whole


def test_the_leftovers_of_killed_builders_go_with_the_next_build(tmp_path: Path) -> None:
    said, there = os.pipe()
    here, _ = os.pipe()  # nothing ever comes
    pid = os.fork()
    if pid == 0:
        vars(layout)["write"] = lambda *_: (os.write(there, b"."), os.read(here, 1))
        build(small("v1.0.0"), tmp_path)
        os._exit(0)
    assert os.read(said, 1) == b"."
    (draft,) = tmp_path.glob(".*")
    build(small("v1.0.1"), tmp_path)
    assert (draft / "world.json").is_file(), "its builder lives, and is in the middle of it"
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    build(small("v1.0.1"), tmp_path)  # there already: nothing is built
    assert draft.exists()
    build(small("v1.0.2"), tmp_path)
    assert not list(tmp_path.glob(".*"))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_tree_knows_its_world(tree: Tree) -> None:
    text = (tree.path / "world.json").read_bytes()
    assert World.model_validate_json(text) == base_world()
    assert tree.index.credentials["expired"].status == "expired"


def test_a_world_that_does_not_fit_together_is_not_built(tmp_path: Path) -> None:
    broken = World(modules={"example.com/a": Module.model_validate({"versions": ["1.0"]})})
    with pytest.raises(ScenarioError, match="not a semantic version"):
        build(broken, tmp_path)
    assert not list(tmp_path.iterdir())


def test_git_finds_nothing_wrong_with_the_repositories(tree: Tree) -> None:
    git = needed("git")
    repositories = sorted((tree.path / "repos").iterdir())
    assert repositories
    for repository in repositories:
        done = subprocess.run(
            [git, "-C", repository, "-c", "safe.directory=*", "fsck", "--strict", "--full"],
            capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
