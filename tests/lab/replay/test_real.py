"""Verdicts of whole runs with a real lab: what only it can show."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lab.paths import scenarios_root
from tests.lab.golab import COMMAND, golab

STALE = (scenarios_root() / "versions" / "stale-list.yaml").read_text(encoding="utf-8")
RUN = "  run: go get github.com/spf13/cobra@latest"


def changed(folder: Path, id_: str, *changes: tuple[str, str]) -> str:
    """Write stale-list under another name, with some of its text changed."""
    text = STALE.replace("id: stale-list", f"id: {id_}", 1)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    file = folder / f"{id_}.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def judged(*files: str) -> tuple[int, list[dict[str, Any]]]:
    """Run the files; return the exit status and the runs of the report."""
    done = golab("run", *files, "--json", "-")
    progress = done.stderr.splitlines()
    assert all(line.startswith("golab: ") and " of " in line for line in progress)
    return done.returncode, json.loads(done.stdout)["runs"]


def test_a_fault_that_never_fires_proves_nothing(tmp_path: Path) -> None:
    other = ("module: github.com/spf13/cobra}", "module: github.com/gorilla/mux}")
    status, (run,) = judged(changed(tmp_path, "mine", other))
    assert (status, run["verdict"]) == (3, "invalid")
    assert run["reason"] == "stale-list never fired in the broken arm: it proves nothing"


def test_a_killed_command_is_an_error_and_a_removed_go_mod_loses_no_report(tmp_path: Path) -> None:
    broken = r"  broken: {exit: 0, go.mod: github\.com/spf13/cobra v1\.7\.0}"
    failing = (broken, "  broken: {exit: failure}")
    kill = (RUN, "  run: [go version, kill -KILL $$]")
    remove = (RUN, "  run: [rm go.mod]")
    status, (killed, removed, whole) = judged(
        changed(tmp_path, "killed", kill, failing),
        changed(tmp_path, "removed", remove),
        "egress-blocked",
    )
    assert status == 3
    assert killed["verdict"] == "error"
    assert killed["reason"].startswith("healthy: `kill -KILL $$`: ended by SIGKILL; broken: ")
    assert removed["verdict"] == "invalid"
    assert all("go.mod" in arm["unread"] for arm in removed["arms"].values())
    assert removed["arms"]["healthy"]["differences"] == ["there is no go.mod"]
    assert whole["verdict"] == "reproduced"


@pytest.mark.slow
def test_descriptors_that_run_out_are_an_error_of_the_edge() -> None:
    done = subprocess.run(
        ["sh", "-c", 'ulimit -n 22; exec "$@"', "-", COMMAND, "run", "stale-list", "--json", "-"],
        capture_output=True,
        text=True,
        timeout=100,
    )
    (run,) = json.loads(done.stdout)["runs"]
    assert (done.returncode, run["verdict"]) == (3, "error")
    assert "the edge of the lab" in run["reason"]


POISONED = r"""
id: poisoned
title: A module cache was edited
family: cache
sources: [{title: Go Modules Reference, url: "https://go.dev/ref/mod#go-mod-verify"}]
story: Somebody edits a dependency in the module cache.
client:
  env: {GOPROXY: "https://proxy.golang.org", SPOKEN: once, GOENV: ~/settings}
  files:
    settings: GOPRIVATE=x.test
    bin/speak: {text: "#!/bin/sh\necho said $SPOKEN\n", executable: true}
    bytes: {base64: /+8=}
break:
  client: {env: {SPOKEN: null}, project: {note: broken}}
  run: chmod -R u+w ~/go/pkg/mod && echo // >> ~/go/pkg/mod/github.com/gorilla/mux@v1.8.0/mux.go
replay:
  before: go get github.com/gorilla/mux@v1.8.0
  run:
    - {run: cat note, exit: failure, broken: {exit: 0, stdout: broken}, repaired: {exit: 0}}
    - {run: speak, stdout: said, healthy: {stdout: once}, repaired: {stdout: said$}}
    - {run: od -An -tx1 ../bytes, stdout: ff ef$}
    - {run: go env GOPRIVATE, stdout: x.test}
    - go mod download
    - go mod verify
  healthy: {stdout: all modules verified, go.mod: mux v1}
  broken: {exit: failure, stderr: dir has been modified}
silent: false
repair: {how: The cache is thrown away., run: go clean -modcache}
diagnostics: {subject: {module: github.com/gorilla/mux, version: v1.8.1}}
lesson: Verify what you build.
"""


def test_what_an_arm_does_and_not_only_what_it_sets(tmp_path: Path) -> None:
    file = tmp_path / "poisoned.yaml"
    file.write_text(POISONED, encoding="utf-8")
    status, (run,) = judged(str(file))
    assert (status, run["verdict"]) == (0, "reproduced"), run["reason"]
    assert run["sources"] == ["“Go Modules Reference” (https://go.dev/ref/mod#go-mod-verify)"]
