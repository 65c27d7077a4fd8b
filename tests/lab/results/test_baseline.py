"""What a tool was worth, kept in a file, and what has become of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.errors import UsageError
from lab.results import baseline
from lab.results.model import DiagnosticResult, Outcome, RunResult, Verdict


def a_run(name: str, outcome: Outcome, verdict: Verdict = "reproduced") -> RunResult:
    row = DiagnosticResult(
        id="t", origin="tool", command="./t", healthy="quiet", broken="quiet", repaired="quiet",
        said={}, outcome=outcome, recorded=None,
    )  # fmt: skip
    return RunResult(
        scenario=name, kind="failure", family="versions", title="", go="1.26.8", backend="local",
        verdict=verdict, seconds=1, diagnostics=[row, row.model_copy(update={"id": "other"})],
    )  # fmt: skip


def test_a_baseline_is_written_sorted_and_read_again(tmp_path: Path) -> None:
    runs = [a_run("b", "miss"), a_run("a", "detected"), a_run("c", "miss", "invalid")]
    made = baseline.measured(runs, "t")
    assert list(made.outcomes.items()) == [("a", "detected"), ("b", "miss")]
    file = tmp_path / "base.json"
    baseline.write(made, file)
    assert baseline.read(file) == made
    assert file.read_text().startswith('{\n  "schema": "golab.baseline/1",\n')


def test_what_is_worse_is_a_lost_detection_or_a_gained_false_alarm() -> None:
    before: dict[str, Outcome] = {
        "kept": "detected", "lost": "detected", "gone": "detected", "both": "detected",
        "miss": "miss", "cries": "miss", "right": "right", "better": "miss", "error": "right",
        "old": "false-alarm",
    }  # fmt: skip
    now: dict[str, Outcome] = {
        "kept": "detected", "lost": "miss", "both": "false-alarm", "miss": "unavailable",
        "cries": "false-alarm", "right": "false-alarm", "better": "detected", "error": "error",
        "old": "false-alarm", "new": "false-alarm",
    }  # fmt: skip
    assert list(baseline.worse(before, now)) == [
        "both: a detection was lost: it is a false alarm now",
        "cries: a false alarm was gained: it was a miss before",
        "lost: a detection was lost: it is a miss now",
        "right: a false alarm was gained: it was right before",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no baseline of this golab: Invalid JSON: EOF while parsing"),
        ("[]", "is no baseline of this golab: Input should be an object"),
        (
            '{"schema": "golab.report/1"}',
            "is no baseline of this golab: schema: Input should be 'golab.base",
        ),
        ("\0" * (5 << 20), "is no baseline of this golab: it is longer than 4 MB"),
    ],
)
def test_what_is_no_baseline_is_refused_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "base.json"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        baseline.read(file)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="no-such cannot be read: No such file or directory"):
        baseline.read(tmp_path / "no-such")
