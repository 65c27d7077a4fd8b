"""The verdict: what makes a run reproduced, changed, invalid or an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.paths import scenarios_root
from lab.replay.scoring import outcome
from lab.results import Outcome, State
from tests.lab.golab import golab

STALE = (scenarios_root() / "versions" / "stale-list.yaml").read_text(encoding="utf-8")


def judged(tmp_path: Path, *changes: tuple[str, str]) -> tuple[int, dict[str, Any]]:
    """Run stale-list with some of its text changed; return the exit status and the run."""
    text = STALE
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    done = golab("run", str(file), "--json", "-")
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)["runs"][0]


def test_a_fault_that_never_fires_proves_nothing(tmp_path: Path) -> None:
    status, run = judged(
        tmp_path, ("module: github.com/spf13/cobra}", "module: github.com/gorilla/mux}")
    )
    assert (status, run["verdict"]) == (3, "invalid")
    assert run["reason"] == "stale-list never fired in the broken arm: it proves nothing"


def test_a_result_that_differs_from_its_record_is_a_change(tmp_path: Path) -> None:
    status, run = judged(tmp_path, (r"cobra v1\.7\.0}", r"cobra v1\.6\.0}"))
    assert (status, run["verdict"]) == (1, "changed")
    assert "broken: go.mod lacks" in run["reason"]


def test_silence_is_measured_not_believed(tmp_path: Path) -> None:
    status, run = judged(tmp_path, ("silent: true", "silent: false"))
    assert (status, run["verdict"], run["silent"]) == (1, "changed", True)
    assert run["reason"] == "measured silent, recorded not silent"


def test_a_diagnostic_that_starts_to_miss_changes_the_verdict(tmp_path: Path) -> None:
    status, run = judged(
        tmp_path, ("detect: [second-source]", "detect: [second-source, whole-within-limit]")
    )
    assert (status, run["verdict"]) == (1, "changed")
    assert run["reason"] == "whole-within-limit: measured miss, recorded detected"


def test_a_diagnostic_that_starts_to_detect_changes_it_too(tmp_path: Path) -> None:
    status, run = judged(
        tmp_path,
        ("detect: [second-source]", "detect: []"),
        ("    - goproxy-env\n", "    - second-source\n    - goproxy-env\n"),
    )
    assert (status, run["verdict"]) == (1, "changed")
    assert run["reason"] == "second-source: measured detected, recorded miss"


def test_what_fails_before_anything_is_broken_is_an_error(tmp_path: Path) -> None:
    status, run = judged(tmp_path, ("  run: go get", "  before: go mod no-such\n  run: go get"))
    assert (status, run["verdict"]) == (3, "error")
    assert run["reason"].startswith("`go mod no-such`, before anything was broken, failed:")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("quiet", "alarm", "quiet"), "detected"),
        (("quiet", "quiet", "quiet"), "miss"),
        (("alarm", "alarm", "quiet"), "false-alarm"),
        (("alarm", "quiet", "quiet"), "false-alarm"),
        (("quiet", "alarm", "alarm"), "false-alarm"),
        (("quiet", "quiet", "alarm"), "miss"),
        (("quiet", "unavailable", "quiet"), "unavailable"),
        (("quiet", "error", "quiet"), "error"),
        (("unavailable", "error", "quiet"), "error"),
    ],
)
def test_what_a_diagnostic_is_worth(states: tuple[State, State, State], expected: Outcome) -> None:
    assert outcome(*states) == expected
