"""When a tool raises an alarm, as the user says it."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from lab.diagnostics import alarm
from lab.diagnostics.alarm import UnclearError, alarm_if
from lab.errors import UsageError
from tests.lab.replay.fake import completed


@pytest.mark.parametrize(
    ("text", "exits"),
    [("", {1, 2, -9}), ("exit=failure", {1, 2, -9}), ("exit=2", {2}), ("exit=0", {0}),
     ("exit=timeout", {None})],
)  # fmt: skip
def test_an_exit_status(text: str, exits: set[int | None]) -> None:
    found = {exit_ for exit_ in (0, 1, 2, -9, None) if alarm_if(text).holds(completed(exit_))}
    assert found == exits


def test_a_pattern_is_searched_line_by_line_whatever_the_exit_status() -> None:
    stale = alarm_if("regex:^STALE: ")
    assert stale.holds(completed(0, "fine\nSTALE: x\n"))
    assert stale.holds(completed(0, "", "STALE: x"))
    assert not stale.holds(completed(1, "not STALE: x"))


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ('{"findings": [1]}', True),
        ('{"findings": []}', False),
        ('{"findings": []}\n{"findings": [2]}\n', True),
        (" \n", "it printed no JSON"),
        ("{", "what it printed is no JSON"),
        ('{"findings": NaN}', "what it printed is no JSON"),
        ("[" * 100_000, "what it printed is no JSON"),
        ('"text"', 'jq: Cannot index string with string ("findings")'),
    ],
)
def test_jq_reads_one_value_after_the_other(output: str, found: bool | str) -> None:
    condition = alarm_if("jq:.findings | length > 0")
    if isinstance(found, bool):
        assert condition.holds(completed(3, output)) is found
    else:
        with pytest.raises(UnclearError) as caught:
            condition.holds(completed(0, output))
        assert str(caught.value) == found


def test_the_time_for_many_values_grows_as_their_number_does() -> None:
    before = time.process_time()
    assert len(alarm._values("1 " * 200_000)) == 200_000
    assert time.process_time() - before < 5


def test_what_jq_takes_for_true() -> None:
    values = {"0": True, "false": False, "null": False, '""': True, "empty": False}
    for expression, truth in values.items():
        assert alarm_if(f"jq:{expression}").holds(completed(0, "{}")) is truth, expression


def test_an_expression_without_an_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarm, "_PATIENCE", 0.5)
    with pytest.raises(UnclearError, match=r"jq did not come to an end within 0\.5 s"):
        alarm_if("jq:last(repeat(1))").holds(completed(0, "{}"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exit=x", "--alarm-if: 'exit=x': an exit status is a number from 0 to 255, `failure` or"),
        ("exit=256", "number from 0 to 255"),
        ("exit=-1", "number from 0 to 255"),
        ("regex:(", r"not a regular expression (RE2): '(': missing )"),
        ("regex:", "an empty pattern"),
        ("jq:.a[", "'jq:.a[': no expression of jq's: syntax error, unexpected end of file"),
        ("jq:nosuch(1)", "no expression of jq's: nosuch/1 is not defined"),
        ("jq:", "an expression is missing"),
        ("STALE", "'STALE' is none of exit=N, exit=failure, exit=timeout, regex:PATTERN or jq:"),
    ],
)
def test_what_is_no_condition_is_refused_in_a_line(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        alarm_if(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_jq_is_loaded_only_where_it_is_asked_for() -> None:
    code = "import sys, lab.diagnostics.tool; print('jq' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
    code = "import os; from lab.diagnostics.alarm import alarm_if as a; from tests.lab.replay.fake"
    code += " import completed as c; print(a('jq:env.SECRET').holds(c(0, '{}')))"
    env = {"PYTHONPATH": ":".join(filter(None, [".", *sys.path])), "SECRET": "x"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)
    assert done.stdout == "False\n", done.stderr
