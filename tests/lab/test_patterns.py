"""The patterns of scenarios: Python's own, and with an end."""

from __future__ import annotations

import resource

import pytest

from lab.expectations import Expected, differences
from lab.patterns import Checker, PatternError, found
from lab.sandbox.interface import Completed

FOR_EVER = "^(a+)+$"
VICTIM = "a" * 60 + "b"


@pytest.mark.parametrize(
    ("pattern", "text", "is_there"),
    [
        ("^two$", "one\ntwo\nthree", True),
        ("^t.o$", "one\ntwo\nthree", True),
        ("^t\\w+$", "one\ntwo\nthree", True),
        ("^two.three$", "one\ntwo\nthree", False),
        ("(?s)^two.three$", "one\ntwo\nthree", True),
        ("(?i)^TWO$", "one\ntwo", True),
        ("one|four", "one\ntwo", True),
        ("(?P<x>o)(?P=x)", "foo", True),
        ("\\Aone$", "one\ntwo", True),
        (".", "", False),
        (".*", "", True),
        ("ü+\u2028?", "für", True),
        ("a{3}", "b\naaa\n", True),
        ("^a{4}$", "b\naaa\n", False),
    ],
)
def test_a_pattern_is_pythons_and_searched_line_by_line(
    pattern: str, text: str, is_there: bool
) -> None:
    assert found(pattern, text, 5) is is_there


@pytest.mark.parametrize("pattern", [FOR_EVER, "(a|aa)+$", "(.*)*x", "(a?){60}a{60}c"])
def test_a_pattern_that_backtracks_for_ever_ends_with_the_limit(pattern: str) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with pytest.raises(PatternError, match="does not finish within 1 s"):
        found(pattern, VICTIM, 1)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 3


def test_it_is_a_difference_that_says_so() -> None:
    done = Completed(("go",), 0, VICTIM, "", 0.1)
    lacking = differences(done, Expected(stdout=[FOR_EVER, "^a"]), {}, limit=1)
    assert lacking == [
        f"stdout cannot be compared: the pattern {FOR_EVER!r} does not finish within 1 s"
    ]
    absent = differences(done, Expected(stdout=f"!{FOR_EVER}"), {}, limit=1)
    assert absent == lacking


def test_a_pattern_without_a_choice_costs_no_process() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert found("^git\\.corp\\.example/lib v1\\.0$", "git.corp.example/lib v1.0\n", 5)
    assert resource.getrusage(resource.RUSAGE_CHILDREN) == before


def test_a_file_has_only_so_many_patterns() -> None:
    checker = Checker()
    for number in range(20):
        checker.check(f"{number:01000}")
        checker.check(f"{number:01000}")
    with pytest.raises(ValueError, match="more than 20000 characters of regular expressions"):
        checker.check("x")
