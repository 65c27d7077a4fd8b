"""JUnit XML, as somebody else's parser reads it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import junitparser
import pytest

from lab.errors import UsageError
from lab.report.junit import junit, write
from lab.results.model import ArmResult, CommandResult, Outcome, Report
from tests.lab.matrix.sample import NOW, a_report, a_result, a_row

EVIL = "]]>&<script>\"'\x1b[2J\x00\ud800\uffff\u202e\n::error::no"


def read(report: Report, tool: str = "") -> junitparser.JUnitXml:
    found = junitparser.JUnitXml.fromstring(junit(report, tool).encode())
    assert isinstance(found, junitparser.JUnitXml)
    return found


def some() -> Report:
    return a_report(
        a_result("good"),
        a_result("moved/v", verdict="changed", reason="broken: exit 0, expected 1"),
        a_result("moved/w", verdict="changed", reason="x", family="cache"),
        a_result("idle", verdict="invalid", reason="it never fired", family="cache"),
        a_result("dead", verdict="error", reason="no room", family="cache"),
        a_result("young", verdict="skipped", reason="go 1.21 is not of those", family="cache"),
        seconds=12.5,
    )


def test_each_verdict_is_what_ci_calls_it() -> None:
    found = read(some())
    assert [suite.name for suite in found] == ["golab.auth", "golab.cache"]
    cases = {case.name: case for suite in found for case in suite}
    assert list(cases) == ["good", "moved/v", "moved/w", "idle", "dead", "young"]
    kinds = {name: [type(one).__name__ for one in case.result] for name, case in cases.items()}
    assert kinds == {
        "good": [],
        "moved/v": ["Failure"],
        "moved/w": ["Failure"],
        "idle": ["Error"],
        "dead": ["Error"],
        "young": ["Skipped"],
    }
    (failure,) = cases["moved/v"].result
    assert (failure.type, failure.message) == ("changed", "changed: broken: exit 0, expected 1")
    assert cases["good"].classname == "golab.auth"
    assert cases["good"].time == 1.5


def test_the_sums_are_what_a_reader_counts_itself() -> None:
    found = read(some())
    assert (found.tests, found.failures, found.errors, found.time) == (6, 2, 2, 12.5)
    assert [suite.skipped for suite in found] == [0, 1]
    for suite in found:
        counted = (suite.tests, suite.failures, suite.errors, suite.skipped)
        suite.update_statistics()  # type: ignore[no-untyped-call]
        assert counted == (suite.tests, suite.failures, suite.errors, suite.skipped)
        assert suite.timestamp == NOW.removesuffix("Z")
        properties = suite.properties()  # type: ignore[no-untyped-call]
        assert {one.name: one.value for one in properties}["seed"] == "7"


def test_what_was_seen_stands_with_the_run() -> None:
    command = CommandResult(argv=["go", "mod"], exit=1, stdout="a" * 9000, stderr=EVIL, seconds=1)
    arm = ArmResult(commands=[command], differences=["exit 1, expected 0"])
    ended = command.model_copy(update={"exit": None, "argv": ["sh", "-c", "curl | head"]})
    run = a_result("r", arms={"healthy": arm, "broken": ArmResult(commands=[ended])})
    ((case,),) = read(a_report(run))
    text = case.system_out
    assert "healthy\n$ go mod  exit 1\n" in text
    assert "$ curl | head  ended by the lab's limit" in text
    assert "not as expected: exit 1, expected 0" in text
    assert "a" * 4000 in text
    assert "a" * 4001 not in text


def test_any_text_is_text_and_the_file_stays_xml() -> None:
    row = a_row(EVIL, "tool", "miss")
    run = a_result("r", row, verdict="changed", reason=EVIL, title=EVIL, family="a<b")
    ((case,),) = read(a_report(run))
    (failure,) = case.result
    assert failure.message.startswith("changed: ]]>&<script>\"'\\x1b[2J\\x00\\ud800")
    assert not {"\x1b", "\x00", "\u202e"} & set(junit(a_report(run)))
    ElementTree.fromstring(junit(a_report(run)))


def test_what_an_interrupt_has_left_is_an_error() -> None:
    found = read(some().model_copy(update={"unfinished": ["late", "later/v"]}))
    (suite,) = [suite for suite in found if suite.name == "golab.unfinished"]
    assert [case.name for case in suite] == ["late", "later/v"]
    assert (found.tests, found.errors, suite.errors) == (8, 4, 2)


def test_of_a_tool_a_miss_and_a_false_alarm_are_failures() -> None:
    worth: tuple[Outcome, ...] = (
        "detected",
        "right",
        "miss",
        "false-alarm",
        "unavailable",
        "error",
    )
    runs = [a_result(one, a_row("./mine.sh", "tool", one)) for one in worth]
    lab_error = a_result("dead", a_row("./mine.sh", "tool", "detected"), verdict="error")
    (suite,) = read(a_report(*runs, lab_error), "./mine.sh")
    kinds = [[type(one).__name__ for one in case.result] for case in suite]
    assert kinds == [[], [], ["Failure"], ["Failure"], ["Skipped"], ["Error"], ["Error"]]
    said = [case.result[0].message for case in suite if case.result]
    assert said[:2] == ["miss: quiet when broken", "false-alarm: alarm when healthy"]
    known = {"miss": "miss", "false-alarm": "miss", "error": "error", "dead": "detected"}
    text = junit(a_report(*runs, lab_error), "./mine.sh", known)
    again = junitparser.JUnitXml.fromstring(text.encode())
    assert (again.failures, again.errors, [suite.skipped for suite in again]) == (1, 1, [1])


def test_a_file_that_cannot_be_written_is_a_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be written to \S+: Is a directory"):
        write(some(), str(tmp_path))
