"""A control is healthy in its one arm; what a diagnostic says there is right or a false alarm."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from lab.errors import UsageError
from lab.labs import hold
from lab.replay.arms import arms
from lab.replay.replay import replay
from lab.report.terminal import full, summary
from lab.results.model import Report, RunResult, totals
from lab.sandbox.interface import Answer, Completed
from lab.scenario.load import Run
from lab.scenario.model import Scenario
from tests.lab.replay.fake import LINE, RULE, SPEC, FakeLab, a_run, honest

SUBJECT = {"module": "github.com/spf13/cobra", "version": "v1.8.1"}
SLOW = {**RULE, "name": "slow"}


def a_control(**changes: Any) -> Run:
    said = a_run().scenario.model_dump(by_alias=True, exclude_unset=True)
    for key in ("silent", "repair", "sources"):
        del said[key]
    said |= {"kind": "control", "replay": {"run": LINE, "healthy": {"stdout": "^cobra"}}}
    return Run(variant=None, scenario=Scenario.model_validate({**said, **changes}))


def slow(line: str, lab: FakeLab) -> Completed | str:
    lab.rules.fire()
    return "cobra v1 v2\n" if line == LINE else honest(line, lab)


def replayed(lab: FakeLab | None = None, /, **changes: Any) -> RunResult:
    return replay(a_control(**changes), lab or FakeLab(slow), SPEC, backend="fake", seed=7)


def test_a_control_has_one_arm_in_which_its_rules_hold() -> None:
    (arm,) = arms(a_control(faults=[SLOW]).scenario)
    assert (arm.name, [rule.name for rule in arm.rules]) == ("healthy", ["slow"])
    result = replayed(faults=[SLOW])
    assert (result.verdict, result.reason, result.silent) == ("reproduced", "", None)
    assert list(result.arms) == ["healthy"]
    assert result.arms["healthy"].fired == {"slow": 1}
    assert replayed(faults=[]).verdict == "reproduced", "a control needs no fault"


@pytest.mark.parametrize(
    ("fires", "verdict"), [("must", "invalid"), ("may", "reproduced"), ("never", "reproduced")]
)
def test_what_a_control_is_about_must_be_there(fires: str, verdict: str) -> None:
    result = replayed(FakeLab(lambda *_: "cobra\n"), faults=[{**SLOW, "fires": fires}])
    assert result.verdict == verdict
    if verdict == "invalid":
        assert result.reason == "slow never fired in the healthy arm: it proves nothing"


def test_what_differs_in_a_control_is_a_change() -> None:
    result = replayed(replay={"run": LINE, "healthy": {"exit": 3}})
    assert (result.verdict, result.reason) == ("changed", "healthy: exit 0, expected exit 3")
    result = replayed(faults=[{**SLOW, "fires": "never"}])
    assert (result.verdict, result.reason) == ("changed", "healthy: slow fired, and must not")


def looked(error: str, **recorded: list[str]) -> RunResult:
    lab = FakeLab(slow)
    lab.answer = Answer("connect", error=error)
    return replayed(lab, diagnostics={"subject": SUBJECT, **recorded})


def test_a_diagnostic_is_right_or_a_false_alarm() -> None:
    result = looked("", right=["resolver-answers"])
    assert (result.verdict, result.diagnostics[0].outcome) == ("reproduced", "right")
    assert (result.detected_by, result.missed_by, result.false_alarms) == ([], [], [])
    result = looked("no route", right=["resolver-answers"])
    assert result.reason == "resolver-answers: measured false-alarm, recorded right"
    result = looked("no route", **{"false-alarm": ["resolver-answers"]})
    assert (result.verdict, result.false_alarms) == ("reproduced", ["resolver-answers"])


def shown(*results: RunResult) -> str:
    console = Console(width=100, color_system=None)
    counted = totals(list(results), 1)
    report = Report(
        golab="1", backend="b", seed=1, started="", seconds=1, runs=list(results), totals=counted
    )
    with console.capture() as captured:
        for result in results:
            console.print(full(result, 100))
        console.print(summary(report, 100))
    return captured.get()


def test_a_person_sees_one_arm_and_what_was_right() -> None:
    false = {"false-alarm": ["resolver-answers"]}
    alarmed, quiet = looked("no route", **false), looked("", right=["resolver-answers"])
    text = shown(alarmed, quiet)
    assert "broken" not in text
    assert "diagnostics         healthy  outcome" in text
    assert "* resolver-answers  ALARM    false-alarm" in text
    assert "* resolver-answers  quiet    right" in text
    assert "as recorded in its one arm" in text
    assert "healthy; false alarm: resolver-answers" in text
    counted = totals([alarmed, quiet], 1)
    assert (counted.runs, counted.controls, counted.false_alarms) == (2, 2, 1)


def test_a_control_cannot_be_held_broken() -> None:
    nowhere: Any = None
    wanted = hold(a_control(), "broken", nowhere, SPEC.toolchain)
    with pytest.raises(UsageError, match="is a control: it has no broken arm"), wanted:
        pass


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"silent": False}, "a control is healthy: drop `silent`"),
        ({"repair": {"how": "x"}}, "a control is healthy: drop `repair`"),
        ({"break": {"run": "x"}}, "a control is healthy: drop `break`"),
        ({"replay": {"run": "x", "healthy": {}, "broken": {}}}, "drop `broken`"),
        ({"diagnostics": {"subject": SUBJECT, "miss": []}}, "drop `miss`"),
        ({"kind": "myth"}, "the key 'sources' is missing"),
    ],
)
def test_a_control_says_nothing_of_a_break(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        a_control(**change)


def test_a_failure_says_nothing_of_what_is_right() -> None:
    with pytest.raises(ValueError, match="this is no control: drop `right`"):
        a_run(diagnostics={"subject": SUBJECT, "right": []})
