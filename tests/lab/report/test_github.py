"""What GitHub Actions is told: nothing that a scenario has printed is taken for golab's word."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from lab.errors import UsageError
from lab.report.github import MOST, append_summary, errors, quoted, summary
from tests.lab.matrix.sample import a_report, a_result

EVIL = "50% of\r\n::error::a,b|c<img src=x>`x`[l](http://e)\x1b"


def test_an_error_for_each_run_that_is_not_as_recorded() -> None:
    runs = [a_result("good"), a_result("moved/v", verdict="changed", reason="exit 0")]
    runs += [a_result("dead", verdict="error"), a_result("young", verdict="skipped")]
    assert list(errors(a_report(*runs), {"dead": "scenarios/dead.yaml"})) == [
        "::error title=golab%3A moved/v%3A changed::exit 0",
        "::error file=scenarios/dead.yaml,line=1,title=golab%3A dead%3A error::error",
    ]


def test_no_text_becomes_a_command_a_property_or_another_line() -> None:
    run = a_result(f"x{EVIL}", verdict="changed", reason=EVIL)
    (line,) = errors(a_report(run), {f"x{EVIL}": "a,title=b:c.yaml"})
    assert "\n" not in line
    assert "\r" not in line
    found = re.fullmatch(r"::error file=([^,:]*),line=1,title=([^,:]*)::(.*)", line)
    assert found
    assert found[1] == "a%2Ctitle=b%3Ac.yaml"
    assert found[3].startswith("50%25 of%0A::error::a,b")
    assert "\x1b" not in line


def test_github_shows_ten_and_the_last_says_how_many_more() -> None:
    wrong = [a_result(f"r{n}", verdict="changed", reason="x") for n in range(MOST + 5)]
    lines = list(errors(a_report(*wrong[:MOST]), {}))
    assert len(lines) == MOST
    lines = list(errors(a_report(*wrong), {}))
    assert len(lines) == MOST
    assert lines[-1].startswith("::error title=golab::6 more runs not as recorded")


def test_an_interrupt_is_an_error() -> None:
    report = a_report(a_result("good"), unfinished=["late", "later"])
    assert list(errors(report, {})) == [
        "::error title=golab%3A interrupted::not finished: late, later"
    ]


def test_what_is_quoted_cannot_end_the_quotation() -> None:
    texts = []
    for _ in range(2):
        stream = io.StringIO()
        with contextlib.suppress(ZeroDivisionError), quoted(stream):
            print("::set-env name=x::y", file=stream)
            raise ZeroDivisionError
        texts.append(stream.getvalue())
    first, middle, last = texts[0].splitlines()
    token = first.removeprefix("::stop-commands::")
    assert (middle, last) == ("::set-env name=x::y", f"::{token}::")
    assert len(token) > 30
    assert token not in texts[1], "another each time"


def test_the_summary_has_the_sums_and_what_is_not_as_recorded(tmp_path: Path) -> None:
    report = a_report(a_result("good"), a_result("moved", verdict="changed", reason=EVIL))
    text = summary(report)
    assert "### golab: 2 runs: 1 reproduced, 1 changed" in text
    (row,) = [line for line in text.splitlines() if line.startswith("| moved")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 4
    assert "<img" not in row
    assert not re.search(r"(?<!\\)[`\[]", row)
    assert "good" not in text
    file = tmp_path / "summary.md"
    file.write_text("before\n")
    append_summary(report, str(file))
    assert file.read_text() == f"before\n{text}"
    with pytest.raises(UsageError, match="the summary cannot be written to"):
        append_summary(report, str(tmp_path))


def test_a_summary_stays_below_what_github_takes() -> None:
    wrong = [a_result(f"r{n}", verdict="error", reason="y" * 90_000) for n in range(300)]
    text = summary(a_report(*wrong))
    assert len(text.encode()) < 1 << 20
    assert "| and 100 more | | |" in text
