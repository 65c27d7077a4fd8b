"""A program that prints without end is reported in no time."""

from __future__ import annotations

import time

import pytest

from lab.report.terminal import print_report
from lab.results.model import ArmResult, CommandResult, Report, RunResult, totals


def arm(word: str) -> ArmResult:
    printed = " ".join(f"{word}{number}" for number in range(150_000))
    command = CommandResult(argv=["go"], exit=0, stdout=printed, stderr=printed, seconds=0)
    lines = "\n".join(f"// {word}{number}" for number in range(50_000))
    return ArmResult(commands=[command], project={"go.mod": lines})


def test_large_outputs_are_compared_and_shown_in_seconds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = RunResult(
        scenario="x", kind="failure", family="auth", title="x", go="1.27.3", backend="local",
        verdict="reproduced", seconds=1, arms={"healthy": arm("a"), "broken": arm("b")},
    )  # fmt: skip
    report = Report(
        schema="golab.report/1", golab="0", backend="local", seed=1, started="", seconds=1,
        runs=[run], totals=totals([run], 1),
    )  # fmt: skip
    began = time.process_time()
    print_report(report, verbose=True)
    assert time.process_time() - began < 20
    assert len(capsys.readouterr().out) < 100_000
