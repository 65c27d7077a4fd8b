"""The result tree: what it counts, what it calls a run, which row agrees with its record."""

from __future__ import annotations

import pytest

from lab.results.model import (
    ARMS,
    ArmName,
    ArmResult,
    CommandResult,
    DiagnosticResult,
    Outcome,
    Report,
    RunResult,
    State,
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


@pytest.mark.parametrize(
    ("states", "worth", "arm"),
    [
        (("quiet", "alarm", "quiet"), "detected", "broken"),
        (("quiet", "quiet", "quiet"), "miss", "broken"),
        (("alarm", "alarm", "quiet"), "false-alarm", "healthy"),
        (("quiet", "alarm", "alarm"), "false-alarm", "repaired"),
        (("quiet", "alarm", "error"), "error", "repaired"),
        (("unavailable", "quiet", "quiet"), "unavailable", "healthy"),
        (("quiet", None, None), "right", "healthy"),
        (("alarm", None, None), "false-alarm", "healthy"),
    ],
)
def test_what_tells_is_what_made_the_outcome(
    states: tuple[State, State | None, State | None], worth: Outcome, arm: ArmName
) -> None:
    row = DiagnosticResult(
        id="check",
        origin="golab",
        command="",
        healthy=states[0],
        broken=states[1],
        repaired=states[2],
        said={name: name for name, state in zip(ARMS, states, strict=True) if state},
        outcome=worth,
        recorded=None,
    )
    assert row.telling == arm


def test_the_last_command_is_judged() -> None:
    first, last = (
        CommandResult(argv=[name], exit=0, stdout="", stderr="", seconds=0) for name in "ab"
    )
    assert ArmResult(commands=[first, last]).judged is last


def test_replays_are_counted_and_the_rest_is_of_the_first() -> None:
    found = totals([run("reproduced")], 1, {"reproduced": 19, "changed": 1})
    assert (found.runs, found.reproduced, found.changed, found.error) == (20, 19, 1, 0)
