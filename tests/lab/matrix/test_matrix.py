"""What is counted of the diagnostics, alone and in groups, and how it is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.cli.matrix_ import command
from lab.errors import UsageError
from lab.matrix import terminal
from lab.matrix.build import of_record, of_report, three_lines
from lab.matrix.markdown import page
from lab.matrix.model import Matrix, Row, matrix
from lab.results.model import Report, RunResult
from tests.lab.matrix.sample import a_report, a_result, a_row

LINES = ["goproxy-env", "head-status", "json-version"]


def a_row_of(run: str, kind: str = "failure", silent: bool | None = True, **worth: str) -> Row:
    outcomes = {name.replace("_", "-"): outcome for name, outcome in worth.items()}
    said = {"run": run, "scenario": run, "family": "auth", "kind": kind, "silent": silent}
    return Row.model_validate({**said, "outcomes": outcomes})


ROWS = [
    a_row_of("one", head_status="detected", json_version="miss", own="detected"),
    a_row_of("two", head_status="false-alarm", json_version="detected", own="miss"),
    a_row_of("three", "myth", False, head_status="miss", json_version="miss", own="unavailable"),
    a_row_of("four", head_status="error", own="detected"),
    a_row_of("five", "control", None, head_status="false-alarm", json_version="right", own="right"),
]


def a_matrix(rows: list[Row] = ROWS) -> Matrix:
    origins = {"head-status": "documented", "json-version": "documented", "own": "golab"}
    return matrix(rows, origins, LINES, source="a test", go=["1.27.3"])  # type: ignore[arg-type]


def test_each_diagnostic_is_counted_over_the_runs_that_it_looked_at() -> None:
    scores = {one.id: one for one in a_matrix().diagnostics}
    head, own = scores["head-status"], scores["own"]
    assert (head.failures, head.detected, head.missed, head.errors) == (4, 1, 1, 1)
    assert (head.failures_with_false_alarm, head.controls_with_false_alarm) == (1, 1)
    assert head.false_alarms == 2
    assert scores["json-version"].failures == 3, "it is not on record for the fourth"
    assert (own.detected, own.recall, own.unavailable) == (2, 0.5, 1)
    assert (own.silent, own.silent_detected, own.controls) == (3, 2, 1)


def test_what_breaks_nothing_is_healthy_and_an_alarm_in_it_is_false() -> None:
    harmless = a_row_of("six", "myth", False, head_status="detected", own="miss")
    rows = [*ROWS, harmless.model_copy(update={"breaks": False})]
    head, own = (a_matrix(rows).diagnostics[i] for i in (0, 2))
    assert (head.failures, head.detected, head.missed) == (4, 1, 1), "as without it"
    assert (head.controls, head.controls_with_false_alarm) == (2, 2)
    assert (own.controls, own.controls_with_false_alarm) == (2, 0)
    assert own.missed == 1, "where nothing breaks there is nothing to miss"
    assert "| six | harmless |" in page(a_matrix(rows))


def test_a_group_detects_what_one_of_it_does_and_alarms_where_one_of_it_does() -> None:
    groups = {one.name: one for one in a_matrix().groups}
    assert list(groups) == ["three-lines", "documented", "golab"], "none where nobody has looked"
    lines = groups["three-lines"]
    assert lines.members == ["head-status", "json-version"]
    assert (lines.detected, lines.failures, lines.silent_detected, lines.silent) == (2, 4, 2, 3)
    assert (lines.failures_with_false_alarm, lines.controls_with_false_alarm) == (1, 1)
    assert groups["golab"].recall == 0.5


def test_the_three_lines_are_those_of_the_article() -> None:
    assert three_lines() == LINES


def written(tmp_path: Path, report: Report) -> Path:
    file = tmp_path / "report.json"
    file.write_text(report.model_dump_json(by_alias=True))
    return file


def some_runs(go: str = "1.27.3") -> list[RunResult]:
    return [
        a_result("first", a_row("verify", "documented", "miss"), go=go),
        a_result("second/v", a_row("./mine.sh", "tool", "detected"), family="cache", go=go),
        a_result("third", verdict="skipped", go=go),
    ]


def test_a_report_has_the_runs_at_which_something_has_looked(tmp_path: Path) -> None:
    found = of_report(written(tmp_path, a_report(*some_runs())))
    assert [row.run for row in found.rows] == ["first", "second/v"]
    assert [one.name for one in found.groups] == ["documented", "tool"]
    twice = of_report(written(tmp_path, a_report(*some_runs(), *some_runs("1.21.13"))))
    assert [row.run for row in twice.rows][2:] == ["first (go 1.21.13)", "second/v (go 1.21.13)"]
    assert twice.go == ["1.27.3", "1.21.13"]
    repeated = of_report(written(tmp_path, a_report(*some_runs(), *some_runs())))
    assert len(repeated.rows) == 2


def test_a_family_or_a_scenario_is_counted_for_itself(tmp_path: Path) -> None:
    file = written(tmp_path, a_report(*some_runs()))
    assert [row.run for row in of_report(file, family="cache").rows] == ["second/v"]
    assert [row.run for row in of_report(file, scenario="second").rows] == ["second/v"]
    assert of_report(file, scenario="second/v").diagnostics[0].detected == 1
    with pytest.raises(UsageError, match=r"no family 'cach'; did you mean 'cache'"):
        of_report(file, family="cach")
    with pytest.raises(UsageError, match=r"no scenario 'secnd'; did you mean 'second'"):
        of_report(file, scenario="secnd")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "is no report of this golab: Invalid JSON"),
        ('{"runs": []}', "is no report of this golab: golab: Field required"),
        (a_report(a_result("x")).model_dump_json(by_alias=True), "no diagnostic has looked"),
    ],
)
def test_what_is_no_such_report_is_a_line(text: str | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UsageError) as caught:
        of_report(file)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


Shown = Callable[..., str]


@pytest.fixture
def golab_matrix(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shown:
    """What `golab matrix` prints for these words, 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")

    def shown(*words: str) -> str:
        command.main(list(words), standalone_mode=False)
        return capsys.readouterr().out

    return shown


@pytest.mark.parametrize("options", [(), ("--family", "cache"), ("--scenario", "dns-failure")])
def test_it_fits_a_terminal_of_80_columns(options: tuple[str, ...], golab_matrix: Shown) -> None:
    shown = golab_matrix(*options).splitlines()
    assert shown
    assert not [line for line in shown if len(line) > 80]
    if not options:
        assert [line for line in shown if line.startswith("the articles' three lines  ")]
        assert len(shown) < 60 + len(of_record().diagnostics), "a line for each, none stacked"


def test_the_matrix_as_json_says_what_the_terminal_says(
    tmp_path: Path, golab_matrix: Shown
) -> None:
    file = written(tmp_path, a_report(*some_runs()))
    data = json.loads(golab_matrix(str(file), "--json"))
    assert data["schema"] == "golab.matrix/1"
    assert [(one["id"], one["detected"]) for one in data["diagnostics"]] == [
        ("verify", 0),
        ("./mine.sh", 1),
    ]
    with pytest.raises(UsageError, match="say --json or --markdown, but not both"):
        golab_matrix("--json", "--markdown")


def test_names_from_a_file_are_text_in_every_form(tmp_path: Path, golab_matrix: Shown) -> None:
    evil = "a|b<script>\x1b[2J`\u202e\nx"
    report = a_report(a_result("r", a_row(evil, "tool", "detected"), family="x|y\x1b"))
    file = str(written(tmp_path, report))
    for form in ((), ("--markdown",), ("--json",), ("--scenario", "r"), ("--family", "x|y\x1b")):
        shown = golab_matrix(file, *form)
        assert shown
        assert not {"\x1b", "\u202e"} & set(shown)
    markdown = golab_matrix(file, "--markdown")
    (line,) = [line for line in markdown.splitlines() if line.startswith("| `a")]
    assert "<script" not in line
    assert line.count(" | ") == 7


def test_a_page_names_every_run_and_every_diagnostic() -> None:
    text = page(a_matrix())
    for row in ROWS:
        assert f"| {row.run} |" in text
    assert "detect 2 of 4 failures, 2 of the 3 silent ones" in text
    assert "| `head-status` | a document | 1 | 25 % | 1 | 1 | 1 | 1 |" in text


def test_the_best_stand_first(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.print_matrix(a_matrix(), in_full=False)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["*own", "json-version", "head-status"]


def test_what_a_report_is_called_is_no_markdown(tmp_path: Path) -> None:
    evil = "x](http://e)\n# <b>|`"
    found = a_result(evil, a_row("a", "golab", "detected"), family=evil, go=evil)
    file = tmp_path / "report.json"
    file.write_text(a_report(found).model_dump_json(by_alias=True))
    text = page(of_report(file))
    assert "http://e" not in text
    assert "<b>" not in text
    assert "\n# <" not in text
    (line,) = [line for line in text.splitlines() if line.startswith("| x")]
    heads = [line for line in text.splitlines() if line.startswith("| run | silent")]
    assert len(re.findall(r"(?<!\\)\|", line)) == heads[0].count("|")
