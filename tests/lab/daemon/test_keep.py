"""`golab run --keep`: the lab of a run is a held lab like any other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lab.paths import scenarios_root
from tests.lab.daemon.byhand import golab, labs


def test_a_kept_lab_is_a_held_lab(tmp_path: Path, backend: str) -> None:
    out = tmp_path / "out.json"
    done = golab("run", "auth-fallback", "--keep", "--backend", backend, "--json", str(out))
    assert done.returncode == 0, done.stderr
    assert json.loads(out.read_text())["runs"][0]["verdict"] == "reproduced"
    said = r"auth-fallback: kept as ([0-9a-f]{6}): golab shell \1 · logs · fault · down"
    found = re.search(said, done.stderr)
    assert found, done.stderr
    kept = found[1]
    try:
        (lab,) = [lab for lab in labs() if lab["lab"] == kept]
        assert (lab["scenario"], lab["arm"], lab["backend"]) == (
            "auth-fallback",
            "repaired",
            backend,
        )
        listed = golab("exec", kept, "go list -m -versions git.corp.example/lib")
        assert listed.stdout == "git.corp.example/lib v1.0.0 v1.1.0\n"
        assert re.search(r"auth-fallback +on +fired \d", golab("fault", "list", kept).stdout)
        assert "/git.corp.example/lib/@v/list  200" in golab("logs", kept).stdout
    finally:
        assert golab("down", kept).returncode == 0
    assert kept not in golab("ps").stdout


@pytest.mark.slow
def test_a_file_of_ones_own_and_a_variant_can_be_kept(tmp_path: Path) -> None:
    done = golab("run", "dns-failure/servfail", "--keep", "--backend", "local")
    (lab,) = [lab for lab in labs() if lab["scenario"] == "dns-failure/servfail"]
    golab("down", lab["lab"])
    assert done.returncode == 0, done.stderr
    assert f"kept as {lab['lab']}" in done.stderr


def test_what_cannot_come_up_is_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    source = (scenarios_root() / "versions/stale-list.yaml").read_text(encoding="utf-8")
    file.write_text(source.replace("  run: go get", "  before: go mod no-such\n  run: go get"))
    done = golab("run", str(file), "--keep", "--backend", "local")
    assert (done.returncode, "kept as" in done.stderr) == (3, False)
    assert "before anything was broken, failed" in done.stdout
    assert not [lab for lab in labs() if lab["scenario"] == "stale-list"]
