"""`golab new`, `record` and `diagnostics`: from an id to a recorded scenario."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.diagnostics.catalogue import diagnostics
from tests.lab.golab import golab


@pytest.mark.slow
def test_a_new_scenario_is_recorded_and_then_reproduced(tmp_path: Path) -> None:
    made = golab("new", "my-failure", cwd=tmp_path)
    assert (made.returncode, made.stderr) == (0, "")
    file = tmp_path / "my-failure.yaml"
    assert file.read_text().startswith("# yaml-language-server: $schema=golab.schema.json\n")
    assert json.loads((tmp_path / "golab.schema.json").read_text())["$defs"]
    before = file.read_text()
    tried = golab("record", file.name, "--dry-run", cwd=tmp_path)
    assert "+silent: true" in tried.stdout
    assert file.read_text() == before
    done = golab("record", file.name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, tried.stdout)
    run = golab("run", file.name, "--diagnostics", "none", "--json", "-", cwd=tmp_path)
    (result,) = json.loads(run.stdout)["runs"]
    assert (result["verdict"], result["diagnostics"]) == ("reproduced", [])
    again = golab("new", "my-failure", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (
        2,
        "golab: my-failure.yaml is there already; choose another id, or remove it\n",
    )


def test_wrong_ids_and_files_get_a_line(tmp_path: Path) -> None:
    for args, said in {
        ("new", "My Failure"): "golab: 'My Failure' is no id: small letters, digits and dashes",
        ("record",): "golab: which files? name some, or say --all",
        ("record", "a.yaml", "--all"): "golab: which files? name some, or say --all",
        ("record", "a.yaml"): "golab: a.yaml:1:1: cannot be read",
        ("record", "--missing", "mine.yaml"): "golab: --missing is for the catalogue",
        ("record", "--all", "--missing", "--dry-run"): "golab: --missing writes no scenario file",
        ("diagnostics", "head-statu"): "golab: no diagnostic 'head-statu'; did you mean 'head-st",
    }.items():
        done = golab(*args, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith(said), done.stderr


@pytest.mark.slow
def test_the_diagnostics_are_listed_with_what_they_look_at() -> None:
    data = json.loads(golab("diagnostics", "--json").stdout)
    assert [one["id"] for one in data] == list(diagnostics())
    assert golab("diagnostics").stdout.startswith("diagnostic ")
    page = golab("diagnostics", "head-status").stdout
    assert 'curl -sI "{proxy}/{module}/@v/list" | head -n 1' in page
    assert "documented in “Four silent symptoms" in page
    assert "a form that works: list-by-get" in page
    assert "works instead of head-status" in golab("diagnostics", "list-by-get").stdout
    assert "cannot run in a lab: ping sends ICMP" in golab("diagnostics", "ping").stdout
    (ping,) = [one for one in data if one["id"] == "ping"]
    assert ping["unavailable"].startswith("ping sends ICMP")
