"""What `golab record` writes into a file, and that nothing else of it changes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from lab.errors import ScenarioError, UsageError
from lab.paths import scenarios_root
from lab.recording.files import opened, recorded, write
from lab.recording.measured import duration
from lab.recording.text import changed
from lab.replay.replay import replay
from lab.results.model import RunResult
from lab.sandbox.interface import Completed
from lab.scenario.load import load
from tests.lab.replay.fake import LINE, SPEC, FakeLab, completed, honest

FILE = f"""\
# what this is about
id: mine   # an id
title: "Versions: gone"
family: versions
sources: [{{title: x}}]
story: >
  All are
  gone.
client: {{env: {{GOPROXY: "https://proxy.golang.org"}}}}
faults:
  - name: gone   # a rule
    where: {{endpoint: list}}
    do: {{respond: 410}}
replay:
  run: {LINE}
silent: false   # believed
repair: {{how: x, faults: remove}}
diagnostics:
  subject: {{module: github.com/spf13/cobra, version: v1.8.1}}
  detect:
    - second-source   # the true one
    - goproxy-env   # really?
lesson: x
"""


def measured(path: Path, answers: Any = honest) -> dict[str | None, RunResult]:
    file = opened(path)
    return {
        run.variant: replay(run, FakeLab(answers), SPEC, backend="fake", seed=1)
        for run in file.loaded.runs()
    }


def record(path: Path, answers: Any = honest) -> str:
    file = opened(path)
    change = recorded(file, measured(path, answers))
    write(change)
    return change.diff


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(FILE)
    return path


def test_what_was_measured_is_written_and_the_rest_stays(mine: Path) -> None:
    with pytest.raises(ScenarioError, match="the key 'healthy' is missing"):
        load(mine)
    record_lines = record(mine).splitlines()[2:]
    diff = [line for line in record_lines if line[0] in "+-"]
    assert "+  healthy: {exit: 0, stdout: ^cobra v1 v2$}" in diff
    assert "+  broken: {exit: 0, stdout: ^cobra$}" in diff
    assert "-silent: false   # believed" in diff
    assert any(line.split() == ["+silent:", "true", "#", "believed"] for line in diff)
    gone = [line[1:] for line in diff if line[0] == "-"]
    kept = [line for line in FILE.splitlines() if line not in gone]
    text = mine.read_text()
    assert [line for line in text.splitlines() if line in kept] == kept
    (run,) = load(mine).runs()
    result = replay(run, FakeLab(honest), SPEC, backend="fake", seed=1)
    assert (result.verdict, result.reason) == ("reproduced", "")
    assert record(mine) == "", "what is as recorded is left alone"
    assert mine.read_text() == text


def test_a_diagnostic_moves_to_what_it_is_worth(mine: Path) -> None:
    record(mine)
    found = load(mine).scenario.diagnostics
    assert "goproxy-env" not in found.detect
    assert "goproxy-env" in found.miss + found.false_alarm


def test_what_stays_in_a_list_keeps_its_comment() -> None:
    text = "b: 1\na:\n  - x   # one\n  - y   # two\nc: [p,\n    q]\n"
    found = changed(text, {("a",): ["x", "z"]})
    assert found == "b: 1\na:\n  - x   # one\n  - z\nc: [p,\n    q]\n"


def other(line: str, lab: FakeLab) -> Completed | str:
    if line == LINE and lab.rules.acting:
        lab.rules.fire()
        return completed(1, "", "go: warning\ngo: read tcp 10.0.0.1:43210: gone after 12345\n")
    return honest(line, lab)


def test_a_pattern_that_holds_stays_and_one_that_does_not_is_measured(mine: Path) -> None:
    said = "  healthy: {stdout: [cobra, '!v9']}   # kept\n  broken: {exit: 0, stdout: ^cobra$}\n"
    mine.write_text(FILE.replace("silent:", f"{said}silent:"))
    record(mine, other)
    text = mine.read_text()
    assert "  healthy: {stdout: [cobra, '!v9']}   # kept\n" in text
    scenario = load(mine).scenario
    assert scenario.replay.broken.exit == 1
    assert scenario.silent is False


def test_what_passes_is_no_part_of_a_record(mine: Path) -> None:
    record(mine, other)
    assert load(mine).scenario.replay.broken.stderr == (
        r"go: read tcp 10\.0\.0\.1:\d+: gone after \d+"
    )


ASKED = {"kind": "http", "method": "GET", "scheme": "https", "path": "/", "endpoint": ""}


def asking(line: str, lab: FakeLab) -> Completed | str:
    if line == LINE:
        hosts = ["goproxy.cn"] if lab.rules.acting else ["proxy.golang.org"] * 3
        lab.rules.records += [
            {**ASKED, "host": host, "connection": number} for number, host in enumerate(hosts)
        ]
    return honest(line, lab)


def test_counts_that_do_not_hold_are_measured_in_their_form(mine: Path) -> None:
    said = """\
  healthy:
    exit: 0
    asked: {proxy.golang.org: 2, sum.golang.org: ">=1", "DNS x": 0, "*.golang.org": "<2"}
    connections: {proxy.golang.org: ">3"}
    seconds: ">=9"
  broken: {exit: 0, asked: {"*": "1..2"}, seconds: "<2"}
"""
    mine.write_text(FILE.replace("silent:", f"{said}silent:"))
    record(mine, asking)
    replayed = load(mine).scenario.replay
    wanted = {"proxy.golang.org": 3, "sum.golang.org": 0, "DNS x": 0, "*.golang.org": "<=3"}
    assert replayed.healthy.asked == wanted
    assert replayed.healthy.connections == {"proxy.golang.org": ">=3"}
    assert replayed.healthy.seconds == ">=0"
    assert replayed.broken.asked == {"*": "1..2"}
    assert replayed.broken.seconds == "<2", "what holds stays"


def test_who_is_asked_in_one_arm_only_is_written_if_wanted(mine: Path) -> None:
    file = opened(mine)
    assert "asked" not in recorded(file, measured(mine, asking)).text
    change = recorded(file, measured(mine, asking), asked=True)
    write(change)
    replayed = load(mine).scenario.replay
    assert replayed.healthy.asked == {"goproxy.cn": 0, "proxy.golang.org": ">=1"}
    assert replayed.broken.asked == {"goproxy.cn": ">=1", "proxy.golang.org": 0}
    assert recorded(opened(mine), measured(mine, asking), asked=True).diff == ""


@pytest.mark.parametrize(
    ("said", "took", "new"), [(">=9", 6.2, ">=5"), ("<2", 3.4, "<7"), ("9..12", 20.0, "18..40")]
)
def test_a_time_leaves_room_for_a_busy_machine(said: str, took: float, new: str) -> None:
    assert duration(said, took) == new


VARIANTS = """\
variants:
  one: {}
  # the other one
  two:
    faults: [{name: gone, where: {endpoint: zip}, do: {respond: 404}}]
"""


def by_variant(line: str, lab: FakeLab) -> Completed | str:
    if line == LINE and lab.rules.acting:
        lab.rules.fire()
        return completed(3) if "zip" in str(lab.calls) else "cobra\n"
    return honest(line, lab)


def test_what_variants_share_is_written_once_and_what_differs_with_each(mine: Path) -> None:
    mine.write_text(FILE + VARIANTS)
    assert record(mine).count("+  broken:") == 1
    results = measured(mine)
    seen = results["two"]
    arm = seen.arms["broken"]
    odd = arm.commands[0].model_copy(update={"exit": 3, "stdout": "x\n"})
    arms = {**seen.arms, "broken": arm.model_copy(update={"commands": [odd]})}
    results["two"] = seen.model_copy(update={"arms": arms, "silent": False})
    file = opened(mine)
    write(recorded(file, results))
    text = mine.read_text()
    assert "  # the other one\n" in text
    one, two = load(mine).runs()
    assert (one.scenario.replay.broken.exit, one.scenario.silent) == (0, True)
    assert (two.scenario.replay.broken.exit, two.scenario.silent) == (3, False)


def test_what_depends_on_the_go_version_is_written_there(mine: Path) -> None:
    record(mine)
    over = 'go:\n  - {until: "1.99", replay: {broken: {exit: 0}}}   # old\n'
    mine.write_text(mine.read_text() + over)
    record(mine, other)
    scenario = load(mine).scenario
    assert scenario.replay.broken.exit == 0
    assert scenario.go[0].replay is not None
    assert scenario.go[0].replay.broken is not None
    assert scenario.go[0].replay.broken.exit == 1


def test_a_file_that_changed_meanwhile_loses_nothing(mine: Path) -> None:
    change = recorded(opened(mine), measured(mine))
    mine.write_text(FILE + "hints: [look]\n")
    with pytest.raises(UsageError, match="was changed meanwhile: nothing is written"):
        write(change)
    assert mine.read_text() == FILE + "hints: [look]\n"
    assert [path.name for path in mine.parent.iterdir()] == ["mine.yaml"]


def test_a_file_that_is_not_valid_is_refused_before_anything_runs(mine: Path) -> None:
    mine.write_text(FILE.replace("family: versions", "family: version"))
    with pytest.raises(ScenarioError, match="did you mean 'versions'"):
        opened(mine)


def test_a_file_that_cannot_be_written_is_refused_before_anything_runs(
    mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)  # of root, too
    with pytest.raises(UsageError, match=r"mine\.yaml: the record cannot be written: permission"):
        opened(mine)


def test_a_written_file_keeps_its_mode(mine: Path) -> None:
    mine.chmod(0o640)
    record(mine)
    assert mine.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("path", sorted(scenarios_root().glob("*/*.yaml")), ids=lambda p: p.stem)
def test_nothing_of_the_catalogue_is_reworded(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = changed(text, {("lesson",): "Another."})
    at = text.index("\nlesson:")
    assert found[:at] == text[:at]
    assert changed(text, {}) == text
