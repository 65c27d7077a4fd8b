"""Worlds as txtar text, and worlds laid over one another."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from faults.yamlsource import read
from lab.errors import ScenarioError
from lab.world.build import build
from lab.world.load import BASE, base_world, load_world
from lab.world.model import Module, World

TEXT = """\
Two versions of a module, one without go.mod, and a host.
-- example.com/Hello@v1.0.0/hello.go --
package hello
-- example.com/Hello@v1.1.0/.info --
{"Version": "v1.1.0", "Time": "2022-02-02T02:02:02Z"}
-- example.com/Hello@v1.1.0/go.mod --
module example.com/Hello
-- example.com/Hello@v1.1.0/hello.go --
package hello
-- example.com/Hello@v1.1.0/.mod --
module example.com/Hello

go 1.20
-- world.yaml --
hosts:
  proxy.example.com: {proxy: /}
"""


def test_a_world_as_text(tmp_path: Path) -> None:
    file = tmp_path / "world.txtar"
    file.write_text(TEXT)
    world = load_world(file)
    tree = build(world, tmp_path / "worlds")
    module = tree.index.modules["example.com/Hello"]
    assert list(module.versions) == ["v1.0.0", "v1.1.0"]
    assert module.versions["v1.1.0"].time == "2022-02-02T02:02:02Z"
    assert not module.versions["v1.0.0"].has_mod
    mods = [tree.file("example.com/Hello", v, "mod").read_text() for v in module.versions]
    assert mods == ["module example.com/Hello\n", "module example.com/Hello\n\ngo 1.20\n"]
    assert "proxy.example.com" in tree.hosts
    assert "proxy.golang.org" in tree.hosts


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Hello@v1.0.0/hello.go", "Hello@1.0/hello.go", ":2:4: '1.0' is not a semantic version"),
        ("-- world.yaml --", "-- README --", ":14:1: 'README' is not path@version/name, nor"),
        ("proxy: /", "proxi: /", ":16:23: unknown key 'proxi'"),
        ("hosts:", "modules: {example.com/Hello: {versions: [v1.0.0]}}\nhosts:",
         ":2:1: world.yaml must have a mapping at 'versions'"),
        ("hosts:", "modules: []\nhosts:", ":2:1: world.yaml must have a mapping at 'modules'"),
        ("hosts:\n  proxy.example.com: {proxy: /}", "[]", ":14:1: world.yaml must hold a mapping"),
        ('"Time"', "Time", ":4:1: 'example.com/Hello@v1.1.0/.info' is not JSON"),
        ("v1.1.0/.mod", "v1.1.0/go.mod", ":10:1: 'example.com/Hello@v1.1.0/go.mod' is here twice"),
        ("v1.0.0/hello.go", "v1.0.0/a/../b", ":2:4: the file name has an element made of dots"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = tmp_path / "world.txt"
    file.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(ScenarioError) as raised:
        load_world(file)
    assert f"{file}{says}" in str(raised.value)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "no file in it; begin one with a line"),
        (b"-- a.b/c@v1.0.0/x --\n\xff", ":2:1: not UTF-8"),
        (None, "cannot be read: No such file"),
    ],
)
def test_files_that_are_no_text(tmp_path: Path, raw: bytes | None, says: str) -> None:
    file = tmp_path / "world.txt"
    if raw is not None:
        file.write_bytes(raw)
    with pytest.raises(ScenarioError, match=says):
        load_world(file)


def test_what_the_other_world_names_is_replaced_whole() -> None:
    mux = "github.com/gorilla/mux"
    other = World.model_validate(
        {
            "modules": {mux: {"versions": ["v1.0.0"]}, "a.b/c": {"versions": ["v1.0.0"]}},
            "credentials": {"valid": {"user": "u", "secret": "s"}},
            "sumdb": {"size": 3},
        }
    )
    merged = base_world().merged(other)
    assert list(merged.modules[mux].versions) == ["v1.0.0"]
    assert merged.modules[mux].branches == {}
    assert {"a.b/c", "rsc.io/quote"} <= merged.modules.keys()
    assert merged.credentials["valid"].user == "u"
    assert merged.credentials["expired"] == base_world().credentials["expired"]
    assert merged.sumdb.size == 3
    assert base_world().merged(World()) == base_world()


def test_text_and_yaml_can_speak_of_one_module(tmp_path: Path) -> None:
    file = tmp_path / "world.txt"
    file.write_text(TEXT + "modules:\n  example.com/Hello: {private: true, owner: us}\n")
    module = load_world(file).modules["example.com/Hello"]
    assert (module.private, module.owner, len(module.versions)) == (True, "us", 2)


def test_the_schema_for_editors_takes_what_the_loader_takes() -> None:
    schema = World.model_json_schema()
    modules = {
        "example.com/a": {"versions": ["v1.0.0"]},
        "example.com/b": {"versions": {"v1.0.0": None}},
        "example.com/c": {"versions": {"v1.0.0": {"retract": ["v0.1.0"], "go.mod": False}}},
    }
    for data in (read(BASE).data, {"modules": modules}):
        jsonschema.validate(data, schema)
        World.model_validate(data)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"modules": {"example.com/a": {"version": ["v1.0.0"]}}}, schema)


def test_a_list_of_versions_is_a_mapping_to_nothing() -> None:
    short = Module.model_validate({"versions": ["v1.0.0", "v1.1.0"]})
    assert short == Module.model_validate({"versions": {"v1.0.0": {}, "v1.1.0": None}})
