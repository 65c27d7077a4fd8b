"""The runs of a scenario with several Go versions, side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest

from lab.report.terminal import print_report
from lab.results.comparison import compared
from lab.results.model import Report, RunResult, Verdict, totals

BASE = {"scenario": "s", "kind": "failure", "family": "auth", "title": "t", "backend": "local"}


def run(
    go: str,
    verdict: Verdict = "reproduced",
    *,
    exit: int = 0,  # noqa: A002
    stderr: str = "",
    name: str = "s",
    fired: Mapping[str, int] | None = None,
    asked: Sequence[str] = (),
) -> RunResult:
    command = {"argv": ["go"], "exit": exit, "stdout": "", "stderr": stderr, "seconds": 1}
    arm = {
        "commands": [command],
        "fired": fired or {},
        "project": {"go.mod": "module m\n"},
        "asked": asked,
    }
    arms = {"healthy": {**arm, "fired": {}}, "broken": arm}
    said = {**BASE, "scenario": name, "go": go, "verdict": verdict, "seconds": 1, "arms": arms}
    return RunResult.model_validate({**said, "silent": exit == 0})


def differences(*runs: RunResult) -> dict[str, dict[str, str]]:
    (found,) = compared(runs)
    return {difference.what: difference.by_go for difference in found.differences}


def test_with_one_go_there_is_nothing_to_compare() -> None:
    assert compared([run("1.27.3"), run("1.27.3", name="other")]) == []


def test_versions_that_agree_have_no_differences() -> None:
    assert differences(run("1.27.3"), run("1.21.13")) == {}


def test_what_differs_is_named_with_what_each_go_showed() -> None:
    old, new = run("1.26.2"), run("1.27.3", exit=1, stderr="go: x\nSECURITY ERROR\n")
    both = {"1.26.2": "", "1.27.3": "go: x"}
    assert differences(old, new) == {
        "silent": {"1.26.2": "yes", "1.27.3": "no"},
        "healthy: exit": {"1.26.2": "0", "1.27.3": "1"},
        "healthy: stderr": both,
        "broken: exit": {"1.26.2": "0", "1.27.3": "1"},
        "broken: stderr": both,
    }


def test_the_line_that_is_shown_is_the_first_one_that_not_all_have() -> None:
    found = differences(run("1", stderr="same\na\nb\n"), run("2", stderr="same\nb\n"))
    assert found["broken: stderr"] == {"1": "a", "2": ""}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("# get https://x: 200 OK (0.012s)", "# get https://x: 200 OK (1.5s)"),
        (
            "read tcp 10.0.0.1:40311->10.0.0.2:443: reset",
            "read tcp 10.0.0.1:9->10.0.0.2:443: reset",
        ),
        (
            "current time 2026-11-21T19:23:26Z is after",
            "current time 2026-11-21T19:23:28Z is after",
        ),
        ("/tmp/go-build1/x failed", "/tmp/go-build22/x failed"),
        ("running go1.21.13", "running go1.27.3"),
    ],
)
def test_what_differs_from_run_to_run_anyway_is_no_difference(one: str, other: str) -> None:
    assert differences(run("1.21.13", stderr=one), run("1.27.3", stderr=other)) == {}


def test_who_was_asked_is_compared_and_not_how_often_a_fault_fired() -> None:
    one = run("1", fired={"gone": 2}, asked=["DNS a.example"])
    other = run("2", fired={"gone": 1}, asked=["DNS a.example", "DNS b.example"])
    found = differences(one, other)
    assert found["broken: asked"] == {"1": "", "2": "DNS b.example"}
    assert set(found) == {"healthy: asked", "broken: asked"}


def test_a_run_that_came_to_nothing_differs_in_its_verdict_alone() -> None:
    failed = run("2", "error").model_copy(update={"arms": {}, "silent": True})
    (found,) = compared([run("1"), failed])
    assert found.verdicts == {"1": "reproduced", "2": "error"}
    assert found.differences == []


def test_the_report_shows_a_row_for_each_scenario_and_a_column_for_each_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    runs = [run("1.26.2"), run("1.27.3", "changed", exit=1)]
    runs += [run(go, name="calm") for go in ("1.26.2", "1.27.3")]
    report = Report(
        golab="0", backend="local", seed=1, started="", seconds=1, runs=runs,
        compared=compared(runs), totals=totals(runs, 1),
    )  # fmt: skip
    print_report(report, verbose=False)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["scenario", "go", "1.26.2", "go", "1.27.3"]
    assert lines[1] == ["s", "reproduced", "changed"]
    assert ["broken:", "exit", "0", "1"] in lines
    assert ["calm", "reproduced", "reproduced"] in lines
    assert ["differing", "between", "Go", "versions:", "1", "of", "2", "scenarios"] in lines
    data = json.loads(report.model_dump_json(by_alias=True))
    assert data["compared"][0]["verdicts"] == {"1.26.2": "reproduced", "1.27.3": "changed"}
