"""Every scenario of the catalogue does what it says, with a real go, and its diagnostics too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.diagnostics.catalogue import diagnostics
from lab.scenario.load import Run, catalogue
from tests.lab.golab import golab

NAMED_FOR = {"auth-fallback", "stale-list", "sni-block", "dns-failure", "proxy-timeout"}


def _marks(run: Run, *, first: bool) -> tuple[pytest.MarkDecorator, ...]:
    """Say who tries a run: everybody; the gate, of each scenario the first; or who asks for all."""
    if run.scenario.id in NAMED_FOR and not run.scenario.slow:
        return ()
    return (pytest.mark.slow if first else pytest.mark.whole,)


RUNS = [
    pytest.param(run, id=run.name, marks=_marks(run, first=not number))
    for loaded in catalogue().values()
    for number, run in enumerate(loaded.runs())
]


@pytest.fixture(scope="module")
def report(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """The report of the scenarios that are to be tried, replayed once, and of auth-fallback."""
    folder = tmp_path_factory.mktemp("report")
    file = folder / "report.json"
    params = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    tried = {found["run"].name for found in params if isinstance(found.get("run"), Run)}
    names = sorted(tried | {"auth-fallback"})
    done = golab("run", *names, "--seed", "7", "--json", str(file), cwd=folder, limit=1500)
    assert done.returncode in (0, 1, 3), done.stderr
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def test_the_five_faults_the_lab_is_named_for_are_there() -> None:
    assert catalogue().keys() >= NAMED_FOR


@pytest.mark.timeout(1600)
@pytest.mark.parametrize("run", RUNS)
def test_a_scenario_is_reproduced(run: Run, report: dict[str, Any]) -> None:
    result = next(
        item
        for item in report["runs"]
        if (item["scenario"], item["variant"]) == (run.scenario.id, run.variant)
    )
    assert result["verdict"] == "reproduced", result["reason"]
    fired = result["arms"]["healthy" if run.scenario.kind == "control" else "broken"]["fired"]
    assert all(fired.get(rule.name) for rule in run.scenario.faults if rule.fires == "must"), fired
    if run.scenario.id in NAMED_FOR:
        own = {name for name, item in diagnostics().items() if item.origin == "golab"}
        assert own & set(result["detected_by"]), "no probe of golab's own detects it"
    for row in result["diagnostics"]:
        if row["origin"] == "golab" and row["outcome"] == "detected":
            assert (row["healthy"], row["repaired"]) == ("quiet", "quiet")


def test_what_the_broken_arm_of_auth_fallback_shows(report: dict[str, Any]) -> None:
    result = next(item for item in report["runs"] if item["scenario"] == "auth-fallback")
    healthy, broken, repaired = (result["arms"][arm] for arm in ("healthy", "broken", "repaired"))
    assert healthy["commands"][-1]["stdout"] == "git.corp.example/lib v1.0.0 v1.1.0\n"
    assert broken["commands"][-1]["stdout"] == "git.corp.example/lib\n"
    assert {arm["commands"][-1]["exit"] for arm in (healthy, broken, repaired)} == {0}
    lists = [item for item in broken["requests"] if item.get("path", "").endswith("/@v/list")]
    assert [item["status"] for item in lists] == [200]
    assert [item["origin_status"] for item in lists] == [401]
    assert lists[0]["fired"][0]["rule"] == "auth-fallback"


def test_every_kind_of_traffic_is_on_record(report: dict[str, Any]) -> None:
    records = [
        record
        for item in report["runs"]
        for arm in item["arms"].values()
        for record in arm["requests"]
    ]
    assert {record["kind"] for record in records} >= {"dns", "tls", "http"}
    negotiated = {record["negotiated"] for record in records if record.get("negotiated")}
    assert "h2" in negotiated


@pytest.mark.slow
def test_the_same_seed_gives_the_same_decisions(tmp_path: Path) -> None:
    text = catalogue()["stale-list"].file.read_text(encoding="utf-8")
    listing = "go list -m -versions github.com/spf13/cobra"
    for old, new in (
        ("module: github.com/spf13/cobra}", "module: github.com/spf13/cobra, chance: 0.5}"),
        ("run: go get github.com/spf13/cobra@latest", f"run: [{', '.join([listing] * 6)}]"),
    ):
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "flaky.yaml"
    file.write_text(text, encoding="utf-8")

    def answers(seed: int) -> list[str]:
        out = tmp_path / f"{seed}.json"
        golab("run", str(file), "--seed", str(seed), "--json", str(out))
        broken = json.loads(out.read_text())["runs"][0]["arms"]["broken"]
        return [command["stdout"] for command in broken["commands"]]

    first = answers(3)
    assert len(set(first)) == 2, "the chance of a half never, or always, came true"
    assert answers(3) == first
    assert any(answers(seed) != first for seed in (4, 5, 6))
