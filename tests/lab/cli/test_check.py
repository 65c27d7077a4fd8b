"""`golab check`, as a maintainer of a tool uses it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from lab.cli.check_ import _never_looked
from lab.diagnostics.tool import tool
from tests.lab.golab import golab
from tests.lab.matrix.sample import a_report, a_result, a_row

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "tools.md").read_text(encoding="utf-8")
CANARY = PAGE.partition("```sh\n")[2].partition("```")[0]


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    file = tmp_path / "tool" / "canary.sh"
    file.parent.mkdir()
    file.write_text(CANARY)
    file.chmod(0o755)
    return file


@pytest.mark.slow
def test_what_is_lost_against_a_baseline_is_said(canary: Path, tmp_path: Path) -> None:
    base, report = tmp_path / "base.json", tmp_path / "report.json"
    args = ("auth-fallback", "head-refused", "--json", str(report), "--save-baseline", str(base))
    done = golab("check", str(canary), *args)
    assert done.returncode == 0, done.stderr
    rows = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert rows[1] == "auth-fallback quiet ALARM quiet detected prints nothing, exit 1"
    assert rows[2] == "head-refused quiet right prints nothing, exit 0"
    said = "1 of 1 failure detected, 0 false alarms, 1 of 1 control right"
    assert done.stdout.splitlines()[-1].startswith(said)
    outcomes = {"auth-fallback": "detected", "head-refused": "right"}
    assert json.loads(base.read_text())["outcomes"] == outcomes
    runs = json.loads(report.read_text())["runs"]
    assert [row["origin"] for run in runs for row in run["diagnostics"]] == ["tool"] * 2

    (canary.parent / "secret").symlink_to("/etc/passwd")
    canary.write_text("#!/bin/sh\necho '{\"stale\": 1}'\n")
    xml = tmp_path / "junit.xml"
    args = ("auth-fallback", "head-refused", "--baseline", str(base), "--alarm-if", "jq:.stale > 0")
    worse = golab("check", str(canary), *args, "--junit", str(xml))
    assert 'tests="2" failures="2" errors="0"' in xml.read_text()
    assert worse.returncode == 1
    lines = [line for line in worse.stderr.splitlines() if " of 2: " not in line]
    assert lines == [
        f"golab: {canary.parent}/secret is left out: a link that leaves the folder",
        "golab: auth-fallback: a detection was lost: it is a false alarm now",
        "golab: head-refused: a false alarm was gained: it was right before",
    ]


@pytest.mark.slow
def test_the_shards_of_a_whole_have_each_run_once(canary: Path, tmp_path: Path) -> None:
    files = [str(tmp_path / f"{number}.json") for number in (1, 2)]
    for number, file in enumerate(files, 1):
        args = ("auth-fallback", "head-refused", "--shard", f"{number}/2", "--json", file)
        done = golab("check", str(canary), *args)
        assert done.returncode == 0, done.stderr
    parts = [json.loads(Path(file).read_text()) for file in files]
    assert [part["shard"] for part in parts] == ["1/2", "2/2"]
    assert [run["scenario"] for part in parts for run in part["runs"]] == [
        "auth-fallback",
        "head-refused",
    ]
    done = golab("report", "merge", *files, "-o", str(tmp_path / "all.json"))
    assert done.returncode == 0, done.stderr


def test_a_part_of_the_runs_is_no_baseline(canary: Path) -> None:
    done = golab("check", str(canary), "--all", "--shard", "1/2", "--save-baseline", "x")
    said = "golab: --save-baseline wants what all runs come to; leave out --shard\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_a_tool_that_can_be_run_nowhere_is_no_success(tmp_path: Path) -> None:
    base = tmp_path / "base.json"
    args = ("auth-fallback", "--save-baseline", str(base))
    done = golab("check", "canary.sh", *args)
    why = "canary.sh is not installed where the client runs"
    hint = "is it a file of yours? then write ./canary.sh"
    said = f"golab: canary.sh has been tried to the end in no run: {why}; {hint}\n"
    assert (done.returncode, done.stderr) == (3, said)
    (tmp_path / "mute.sh").write_text("#!/bin/sh\nkill -9 $$\n")
    done = golab("check", str(tmp_path / "mute.sh"), *args)
    said = f"golab: {tmp_path}/mute.sh has been tried to the end in no run: ended by SIGKILL\n"
    assert (done.returncode, done.stderr) == (3, said)
    assert not base.exists()


def test_why_it_was_not_tried_is_what_it_said_there(tmp_path: Path) -> None:
    (tmp_path / "t.sh").write_text("exit 1")
    mine = tool(str(tmp_path / "t.sh"))
    said = {"healthy": "stale", "broken": "still running after 2 s", "repaired": "stale"}
    row = a_row("t.sh", "tool", "error").model_copy(
        update={"healthy": "alarm", "broken": "error", "said": said}
    )
    why = _never_looked(a_report(a_result("s", row)), mine)
    assert why == f"{mine.command} has been tried to the end in no run: still running after 2 s"


def test_run_has_it_beside_the_others(canary: Path) -> None:
    command = shlex.join([str(canary), "--strict"])
    done = golab("run", "auth-fallback", "--tool", command, "--tool", "go version")
    assert done.returncode == 0, done.stderr
    table = done.stdout.partition("diagnostics ")[2]
    assert "+ canary.sh               quiet    ALARM    quiet     detected" in table
    assert "+ go                      quiet    quiet    quiet     miss" in table
    assert "+ a tool under test; * golab's own probe" in table
    kept = golab("run", "auth-fallback", "--keep", "--tool", command)
    assert (kept.returncode, kept.stderr.count("\n")) == (2, 1)
    assert "leave out --tool" in kept.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["no/such.sh", "auth-fallback"], "the tool no/such.sh cannot be read: No such file"),
        (["sh"], "which scenario?"),
        (["sh", "auth-fallback", "--alarm-if", "jq:.a["], "no expression of jq's: syntax error"),
        (["sh", "auth-fallback", "--save-baseline", "/no/such"], "cannot be written to /no/such"),
    ],
)
def test_wrong_usage_is_one_line(args: list[str], said: str) -> None:
    done = golab("check", *args)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert said in done.stderr
