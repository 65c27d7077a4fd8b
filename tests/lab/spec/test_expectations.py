"""How what a command did differs from what was expected of it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from lab.sandbox.interface import Completed
from lab.spec.expectations import Expected, differences
from lab.spec.termination import REPORTED


def differs(exit_: int | None = 0, out: str = "", err: str = "", **expected: Any) -> list[str]:
    done = Completed(("go",), exit_, out, err, 0.1)
    return differences(done, Expected.model_validate(expected), {"go.mod": "module x\n"})


@pytest.mark.parametrize(
    ("exit_", "expected", "difference"),
    [
        (0, 0, []),
        (1, 0, ["exit 1, expected exit 0"]),
        (0, 1, ["exit 0, expected exit 1"]),
        (1, "failure", []),
        (127, "failure", []),
        (129, "failure", []),
        (0, "failure", ["exit 0, expected a failure"]),
        (None, "failure", ["ended by the lab's limit, expected a failure"]),
        (None, "timeout", []),
        (124, "timeout", ["exit 124, expected the lab's limit to end it"]),
        (1, "timeout", ["exit 1, expected the lab's limit to end it"]),
        (None, 0, ["ended by the lab's limit, expected exit 0"]),
        (-9, "failure", ["ended by SIGKILL, expected a failure"]),
        (-40, 0, ["ended by signal 40, expected exit 0"]),
        (137, 137, []),
    ],
)
def test_the_exit_status(exit_: int | None, expected: int | str, difference: list[str]) -> None:
    assert differs(exit_, exit=expected) == difference


def test_a_failure_is_no_signal_that_a_shell_reports() -> None:
    assert {"SIGKILL", "SIGTERM", "SIGSEGV", "SIGABRT", "SIGBUS"} <= set(REPORTED.values())
    for status in REPORTED:
        assert differs(status, exit="failure") == [f"exit {status}, expected a failure"]


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ({"stdout": "^b$"}, []),
        ({"stdout": "^c$"}, ["stdout lacks '^c$'"]),
        ({"stdout": ["a", "c", "d"]}, ["stdout lacks 'c'", "stdout lacks 'd'"]),
        ({"stdout": "!b"}, ["stdout must not have 'b'"]),
        ({"stdout": "!c"}, []),
        ({"stderr": "b"}, ["stderr lacks 'b'"]),
        ({"stderr": "!."}, ["stderr must not have '.'"]),
        ({"go.mod": "^module x$"}, []),
        ({"go.mod": "!module"}, ["go.mod must not have 'module'"]),
        ({"stdout": "c", "go.mod": "y"}, ["stdout lacks 'c'", "go.mod lacks 'y'"]),
    ],
)
def test_what_it_says_is_searched_line_by_line(
    expected: dict[str, Any], difference: list[str]
) -> None:
    assert differs(0, "a\nb\n", "warning\n", **expected) == difference


def test_a_go_mod_that_is_gone_fits_nothing_that_is_expected_of_it() -> None:
    done = Completed(("rm", "go.mod"), 0, "", "", 0.1)
    assert differences(done, Expected.model_validate({"go.mod": "!x"}), {}) == [
        "there is no go.mod"
    ]
    assert differences(done, Expected(), {}) == []


@pytest.mark.parametrize(
    ("wanted", "difference"),
    [
        (">=9", []),
        (">= 9.5", []),
        ("<2", ["took 9.50 s, expected less than 2 s"]),
        (">9.5", ["took 9.50 s, expected more than 9.5 s"]),
        ("<=9.5", []),
        ("9..12", []),
        ("9.5..9.5", []),
        ("10..12", ["took 9.50 s, expected 10 to 12 s"]),
        ("1..9", ["took 9.50 s, expected 1 to 9 s"]),
    ],
)
def test_how_long_it_took(wanted: str, difference: list[str]) -> None:
    done = Completed(("go",), 0, "", "", 9.5)
    assert differences(done, Expected.model_validate({"seconds": wanted}), {}) == difference


@pytest.mark.parametrize(
    "wanted", ["9", "=9", ">=", ">=x", "12..9", "..3", "1..", "", ">=-1", "nan"]
)
def test_what_are_no_bounds_is_refused(wanted: str) -> None:
    with pytest.raises(ValidationError, match="no bounds"):
        Expected.model_validate({"seconds": wanted})
