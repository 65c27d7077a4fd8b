"""The patterns of scenarios: RE2's, and soon answered whatever they are."""

from __future__ import annotations

import resource
import time

import pytest

from lab.sandbox.interface import Completed
from lab.spec.expectations import Expected, differences
from lab.spec.patterns import Checker, found


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
        ("\\Aone$", "one\ntwo", True),
        (".", "", False),
        (".*", "", True),
        ("ü+\u2028?", "für", True),
        ("^f.r$", "für", True),
        ("[[:alpha:]]{3}", "1abc", True),
        ("a{3}", "b\naaa\n", True),
        ("^a{4}$", "b\naaa\n", False),
        ("^x.y$", "x\udc80y", True),
    ],
)
def test_a_pattern_is_searched_line_by_line(pattern: str, text: str, is_there: bool) -> None:
    assert found(pattern, text) is is_there


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|aa)+$", "(.*)*x", "(a?){60}a{60}c"])
def test_no_pattern_takes_long(pattern: str) -> None:
    Checker().check(pattern)
    began = time.process_time()
    assert not found(pattern, "a" * 1_000_000 + "b")
    assert time.process_time() - began < 5  # Python's own `re` would take for ever
    usage = resource.getrusage(resource.RUSAGE_SELF)
    assert usage.ru_maxrss < 1 << 20  # KiB


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "missing )"),
        ("(?=a)b", "invalid perl operator: (?="),
        ("(a)\\1", "invalid escape sequence: \\1"),
        ("*", "no argument for repetition operator: *"),
        ("(a{1000}){1000}", "invalid repetition size: {1000}"),
        ("\ud800", "surrogates not allowed"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"not a regular expression \(RE2\)") as caught:
        Checker().check(pattern)
    assert why in str(caught.value)


def test_a_difference_names_the_pattern() -> None:
    done = Completed(("go",), 0, "a" * 60 + "b", "", 0.1)
    expected = Expected(stdout=["^(a+)+$", "!^a"])
    assert differences(done, expected, {}) == [
        "stdout lacks '^(a+)+$'",
        "stdout must not have '^a'",
    ]


def test_a_file_has_only_so_many_patterns() -> None:
    checker = Checker()
    for number in range(20):
        checker.check(f"{number:01000}")
        checker.check(f"{number:01000}")
    with pytest.raises(ValueError, match="more than 20000 characters of regular expressions"):
        checker.check("x")
