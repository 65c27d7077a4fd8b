"""The result tree: what it counts, what it calls a run, which row agrees with its record."""

from __future__ import annotations

import pytest

from lab.results.model import (
    ArmResult,
    CommandResult,
    DiagnosticResult,
    Outcome,
    Report,
    RunResult,
    Verdict,
    totals,
)


def run(verdict: Verdict, go: str = "1.26.0", variant: str | None = None) -> RunResult:
    return RunResult(
        scenario="s",
        variant=variant,
        kind="failure",
        family="auth",
        title="t",
        go=go,
        backend="local",
        verdict=verdict,
        seconds=1,
    )


def report(*runs: RunResult) -> Report:
    return Report(
        schema="golab.report/1",
        golab="0",
        backend="local",
        seed=1,
        started="",
        seconds=2,
        runs=list(runs),
        totals=totals(list(runs), 2),
    )


def test_verdicts_are_counted() -> None:
    verdicts: list[Verdict] = ["reproduced", "changed", "changed", "invalid", "error", "skipped"]
    assert totals([run(verdict) for verdict in verdicts], 2.5).model_dump() == {
        "runs": 6,
        "controls": 0,
        "false_alarms": 0,
        "reproduced": 1,
        "changed": 2,
        "invalid": 1,
        "error": 1,
        "skipped": 1,
        "seconds": 2.5,
    }


def test_a_run_is_called_by_its_go_version_where_there_are_several() -> None:
    new, old = run("reproduced"), run("reproduced", "1.21.13", "v")
    assert report(new).label(new) == "s"
    assert report(new, old).label(new) == "s (go 1.26.0)"
    assert report(new, old).label(old) == "s/v (go 1.21.13)"


@pytest.mark.parametrize(
    ("worth", "recorded", "agrees"),
    [
        ("miss", "miss", True),
        ("detected", "miss", False),
        ("unavailable", "detected", True),
        ("unavailable", None, True),
        ("error", "miss", False),
        ("miss", None, True),
        ("miss", "unavailable", True),
    ],
)
def test_a_row_agrees_with_its_record_or_could_not_be_tried(
    worth: Outcome, recorded: Outcome | None, agrees: bool
) -> None:
    row = DiagnosticResult(
        id="check",
        origin="golab",
        command="",
        healthy="quiet",
        broken="quiet",
        repaired="quiet",
        said={},
        outcome=worth,
        recorded=recorded,
    )
    assert row.agrees is agrees


def test_the_last_command_is_judged() -> None:
    first, last = (
        CommandResult(argv=[name], exit=0, stdout="", stderr="", seconds=0) for name in "ab"
    )
    assert ArmResult(commands=[first, last]).judged is last


def test_replays_are_counted_and_the_rest_is_of_the_first() -> None:
    found = totals([run("reproduced")], 1, {"reproduced": 19, "changed": 1})
    assert (found.runs, found.reproduced, found.changed, found.error) == (20, 19, 1, 0)
