"""A scenario gives the same in both backends: verdict, silence, detection table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docker
import pytest

from lab.scenario.load import catalogue

pytestmark = pytest.mark.docker


def one_of_each_family() -> list[str]:
    """Return the first quick run of each family, and those that the lab is named for."""
    found: dict[str, str] = {}
    for loaded in catalogue().values():
        for run in loaded.runs():
            if not run.scenario.slow:
                found.setdefault(run.scenario.family, run.name)
    return [
        *found.values(),
        "auth-fallback",
        "dns-failure",
        "proxy-timeout/stalled-zip",
        "one-bad-address",
    ]


def report(backend: str, place: Path, which: Sequence[str]) -> dict[str, Any]:
    """Replay scenarios, and return what was measured, by scenario."""
    target = place / f"{backend}.json"
    command = [sys.executable, "-m", "lab", "run", *which, "--seed", "7", "--jobs", "2"]
    done = subprocess.run(
        [*command, "--backend", backend, "--json", str(target)],
        env=os.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert done.returncode in (0, 1), done.stderr
    runs = json.loads(target.read_text())["runs"]
    assert {run["backend"] for run in runs} == {backend}
    return {f"{run['scenario']}/{run['variant']}": measured(run) for run in runs}


def measured(run: dict[str, Any]) -> dict[str, Any]:
    rows = {
        row["id"]: [row[arm] for arm in ("healthy", "broken", "repaired", "outcome")]
        for row in run["diagnostics"]
    }
    exits = {
        arm: [command["exit"] for command in result["commands"]]
        for arm, result in run["arms"].items()
    }
    return {"verdict": run["verdict"], "silent": run["silent"], "table": rows, "exits": exits}


@pytest.mark.parametrize(
    "which",
    [
        pytest.param(one_of_each_family(), id="some"),
        pytest.param(["--all"], id="all", marks=pytest.mark.whole),
    ],
)
@pytest.mark.timeout(6000)
def test_both_backends_measure_the_same(
    which: Sequence[str], engine: docker.DockerClient, tmp_path: Path
) -> None:
    local, remote = (report(backend, tmp_path, which) for backend in ("local", "docker"))
    assert len(local) > 8
    assert remote.keys() == local.keys()
    for name, expected in local.items():
        for row, outcomes in remote[name]["table"].items():
            # the client's image has every program; where go would not ask, a probe does not either
            assert "unavailable" not in outcomes or outcomes == expected["table"][row], (name, row)
        here = {  # what this machine has the programs for
            row: outcomes
            for row, outcomes in expected["table"].items()
            if "unavailable" not in outcomes
        }
        there = {row: remote[name]["table"][row] for row in here}
        assert {**remote[name], "table": there} == {**expected, "table": here}, name
        assert here, name
