"""What is on record of every diagnostic, and which of them look."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.diagnostics.catalogue import diagnostics
from lab.replay import outcomes
from lab.replay.outcomes import Outcomes, recorded, written
from lab.replay.replay import replay
from lab.results.model import DiagnosticResult, RunResult
from lab.scenario.load import catalogue
from tests.lab.golab import golab
from tests.lab.replay.fake import SPEC, FakeLab, a_run

RECORD = {"subject": {"module": "m.example/m", "version": "v1"}, "miss": ["goproxy-env"]}


def test_the_record_agrees_with_the_catalogue() -> None:
    runs = {run.name: run for one in catalogue().values() for run in one.runs()}
    file = recorded()
    assert file.runs.keys() <= runs.keys(), "a run that there is not"
    for name in file.runs:
        worth = file.of(name)
        assert sum(map(len, file.runs[name].values())) == len(worth), f"{name}: one is there twice"
        assert worth.keys() <= diagnostics().keys(), name
        run = runs[name].with_go(file.go)
        for diagnostic, outcome in run.scenario.diagnostics.outcomes.items():
            said = f"{name}: {diagnostic}; `golab record {run.scenario.id} --go {file.go}`"
            assert worth[diagnostic] in (outcome, "unavailable"), said


@pytest.mark.slow  # between a new diagnostic and the next record the gate fails, and only that
def test_every_diagnostic_is_on_record_for_every_run() -> None:
    runs = {run.name for one in catalogue().values() for run in one.runs() if not run.scenario.slow}
    file = recorded()
    assert runs <= file.runs.keys()
    for name in file.runs:
        missing = diagnostics().keys() - file.of(name).keys()
        assert not missing, f"{name}; `golab record --all --missing --go {file.go}`"


@pytest.mark.whole
@pytest.mark.timeout(3600)
def test_the_record_is_what_is_measured(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    looking = ("--diagnostics", "all", "--go", recorded().go, "--json", str(file))
    golab("run", "--all", "--skip-slow", *looking, limit=3000)
    runs = json.loads(file.read_text())["runs"]
    assert {run["reason"] for run in runs if run["verdict"] != "reproduced"} == set()


def looked(
    looking: outcomes.Looking, monkeypatch: pytest.MonkeyPatch, go: str = "1.99.0"
) -> RunResult:
    file = Outcomes(go=go, runs={"hidden": {"detected": ["port-open"], "miss": ["goproxy-env"]}})
    monkeypatch.setattr(outcomes, "recorded", lambda: file)
    run = a_run(diagnostics=RECORD)
    return replay(run, FakeLab(), SPEC, backend="fake", seed=7, looking=looking)


def test_which_diagnostics_look(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [row.id for row in looked("recorded", monkeypatch).diagnostics] == ["goproxy-env"]
    assert looked("none", monkeypatch).diagnostics == []
    new = [row.id for row in looked("missing", monkeypatch).diagnostics]
    assert new == [name for name in diagnostics() if name not in ("port-open", "goproxy-env")]
    assert len(looked("missing", monkeypatch, "1.98.0").diagnostics) == len(diagnostics())
    whole = looked("all", monkeypatch)
    assert [row.id for row in whole.diagnostics] == list(diagnostics())
    assert {row.id: row.recorded for row in whole.diagnostics if row.recorded} == {
        "goproxy-env": "miss",
        "port-open": "detected",
    }


def test_one_that_is_on_record_is_compared_and_one_that_is_not_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    result = looked("all", monkeypatch)
    measured = next(row.outcome for row in result.diagnostics if row.id == "port-open")
    if measured != "unavailable":
        assert f"port-open: measured {measured}, recorded detected" in result.reason
    assert "head-status" not in result.reason
    with_another_go = looked("all", monkeypatch, "1.98.0")
    assert "recorded detected" not in with_another_go.reason


def row(id_: str, outcome: str) -> DiagnosticResult:
    return DiagnosticResult.model_validate(
        {
            "id": id_, "origin": "golab", "command": "", "healthy": "quiet", "said": {},
            "outcome": outcome, "recorded": None,
        }
    )  # fmt: skip


def test_the_file_keeps_what_could_not_be_measured_here(tmp_path: Path) -> None:
    result = looked_at = RunResult(
        scenario="s", variant="v", kind="failure", family="f", title="t", go="1.27.3",
        backend="b", verdict="reproduced", seconds=1,
        diagnostics=[row("b", "miss"), row("a", "miss"), row("c", "unavailable")],
    )  # fmt: skip
    before = Outcomes(go="1.27.3", runs={"s/v": {"detected": ["c"]}, "other": {"miss": ["a"]}})
    (tmp_path / "outcomes.yaml").write_text(written([result], before))
    found = recorded(tmp_path)
    assert (found.go, looked_at.go) == ("1.27.3", "1.27.3")
    assert found.runs == {"other": {"miss": ["a"]}, "s/v": {"detected": ["c"], "miss": ["a", "b"]}}


def test_what_did_not_look_stays_on_record_unless_it_is_no_more(tmp_path: Path) -> None:
    result = RunResult(
        scenario="s", kind="failure", family="f", title="t", go="1.27.3",
        backend="b", verdict="reproduced", seconds=1, diagnostics=[row("verify", "miss")],
    )  # fmt: skip
    before = Outcomes(go="1.27.3", runs={"s": {"detected": ["port-open", "gone", "verify"]}})
    (tmp_path / "outcomes.yaml").write_text(written([result], before))
    assert recorded(tmp_path).runs == {"s": {"detected": ["port-open"], "miss": ["verify"]}}


def test_another_go_begins_anew(tmp_path: Path) -> None:
    result = RunResult(
        scenario="s", variant="v", kind="failure", family="f", title="t", go="1.28.0",
        backend="b", verdict="reproduced", seconds=1, diagnostics=[row("a", "miss")],
    )  # fmt: skip
    before = Outcomes(go="1.27.3", runs={"s/v": {"detected": ["verify"]}, "other": {"miss": ["a"]}})
    (tmp_path / "outcomes.yaml").write_text(written([result], before))
    assert recorded(tmp_path).runs == {"s/v": {"miss": ["a"]}}
