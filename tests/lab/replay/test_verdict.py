"""What makes a run reproduced, changed, invalid or an error, from plain data."""

from __future__ import annotations

from typing import Any

import pytest

from lab.replay.verdict import is_silent, judge
from lab.results.model import (
    ARMS,
    ArmName,
    ArmResult,
    CommandResult,
    DiagnosticResult,
    Outcome,
    State,
)
from tests.lab.replay.fake import RULE, a_run


def arm(stdout: str = "", exit_: int | None = 0, *, error: str = "", **rest: Any) -> ArmResult:
    argv = ["go", "list", "a b"]
    done = CommandResult(argv=argv, exit=exit_, stdout=stdout, stderr="", seconds=0, error=error)
    return ArmResult(commands=[done], **rest)


def row(worth: Outcome, recorded: Outcome | None, broken: State = "quiet") -> DiagnosticResult:
    return DiagnosticResult(
        id="check",
        origin="golab",
        command="",
        healthy="quiet",
        broken=broken,
        repaired="quiet",
        said={"healthy": "", "broken": "it crashed", "repaired": ""},
        outcome=worth,
        recorded=recorded,
    )


def judged(
    *rows: DiagnosticResult, broken: ArmResult | None = None, **changes: Any
) -> tuple[str, str]:
    arms: dict[ArmName, ArmResult] = {
        "healthy": arm("v1"),
        "broken": broken or arm("", fired={"gone": 2}),
        "repaired": arm("v1"),
    }
    verdict, reason, _ = judge(a_run(**changes).scenario, arms, rows)
    return verdict, reason


def test_what_is_as_recorded_is_reproduced() -> None:
    assert judged(row("miss", "miss")) == ("reproduced", "")


def test_a_fault_that_never_fires_proves_nothing() -> None:
    reason = "gone never fired in the broken arm: it proves nothing"
    assert judged(broken=arm("", fired={"gone": 0})) == ("invalid", reason)
    assert judged(broken=arm("", fired={})) == ("invalid", reason)


def test_a_rule_may_be_expected_not_to_fire() -> None:
    rules = [{**RULE, "name": name, "fires": name} for name in ("may", "never")]
    broken = arm("", fired={"gone": 1, "may": 0, "never": 0})
    faults = [RULE, *rules]
    assert judged(broken=broken, faults=faults) == ("reproduced", "")
    broken = arm("", fired={"gone": 1, "may": 1, "never": 1})
    reason = "broken: never fired, and must not"
    assert judged(broken=broken, faults=faults) == ("changed", reason)


def test_a_result_that_differs_from_its_record_is_a_change() -> None:
    broken = arm("", fired={"gone": 1}, differences=["exit 1, expected exit 0", "stdout lacks 'x'"])
    reason = "broken: exit 1, expected exit 0; broken: stdout lacks 'x'"
    assert judged(broken=broken) == ("changed", reason)


@pytest.mark.parametrize("name", ARMS)
def test_each_arm_is_compared_with_its_record(name: ArmName) -> None:
    arms = {name: arm("v1") for name in ARMS} | {"broken": arm("", fired={"gone": 1})}
    arms[name] = arms[name].model_copy(update={"differences": ["stdout lacks 'x'"]})
    assert judge(a_run().scenario, arms, [])[:2] == ("changed", f"{name}: stdout lacks 'x'")


def test_silence_is_measured_not_believed() -> None:
    assert judged(silent=False) == ("changed", "measured silent, recorded not silent")
    loud = arm("", 1, fired={"gone": 1})
    assert judged(broken=loud) == ("changed", "measured not silent, recorded silent")
    assert judged(broken=loud, silent=False) == ("reproduced", "")


@pytest.mark.parametrize(
    ("measured", "recorded"),
    [("miss", "detected"), ("detected", "miss"), ("false-alarm", "detected")],
)
def test_a_diagnostic_that_does_otherwise_than_recorded_changes_the_verdict(
    measured: Outcome, recorded: Outcome
) -> None:
    reason = f"check: measured {measured}, recorded {recorded}"
    assert judged(row(measured, recorded)) == ("changed", reason)


def test_a_diagnostic_that_cannot_run_here_contradicts_nothing() -> None:
    assert judged(row("unavailable", "detected")) == ("reproduced", "")


def test_an_error_goes_before_all_else() -> None:
    broken = arm("", error="ended by SIGKILL", fired={}, differences=["stdout lacks 'x'"])
    assert judged(broken=broken) == ("error", "broken: `go list 'a b'`: ended by SIGKILL")
    failed = arm("", errors=["the edge of the lab: too many open files"] * 2, fired={})
    assert judged(broken=failed) == ("error", "broken: the edge of the lab: too many open files")
    crashed = row("error", "miss", "error")
    said = "broken: the diagnostic check could not say anything: it crashed"
    assert judged(crashed, broken=arm("", fired={})) == ("error", said)


def test_a_crash_that_is_on_record_or_on_none_says_nothing_of_the_run() -> None:
    for known in ("error", None):
        assert judged(row("error", known, "error")) == ("reproduced", "")
    assert judged(row("error", "detected", "error"))[0] == "error"


def test_a_limit_that_ended_the_broken_arm_is_said() -> None:
    reason = "the lab's limit of 3 s ended the broken arm, not go"
    mute = arm("", None, fired={"gone": 1})
    assert judged(broken=mute, silent=False, replay={"limit": 3}) == ("reproduced", reason)
    own = {"limit": 9, "broken": {"exit": "timeout", "limit": 3}}
    assert judged(broken=mute, silent=False, replay=own) == ("reproduced", reason)


@pytest.mark.parametrize(
    ("broken", "silent"),
    [
        (arm("v1", project={"go.mod": "m"}), False),
        (arm("v0", project={"go.mod": "m"}), True),
        (arm("v1", project={"go.mod": "other"}), True),
        (arm("v1", project={}), True),
        (arm("v0", 1, project={"go.mod": "m"}), False),
        (arm("v0", None, project={"go.mod": "m"}), False),
        (arm("v1", project={"go.mod": "m"}, asked=["DNS git.corp.example"]), True),
        (arm("v1", 1, project={"go.mod": "m"}, asked=["DNS git.corp.example"]), False),
    ],
)
def test_silent_is_the_same_exit_status_and_another_outcome(
    broken: ArmResult, silent: bool
) -> None:
    assert is_silent(arm("v1", project={"go.mod": "m"}), broken) is silent
