"""golab in CI: what it writes and prints there, and the workflow of the page on it."""

from __future__ import annotations

import json
import re
import shlex
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from lab.cli import cli
from lab.results.model import Report
from tests.lab.golab import golab
from tests.lab.matrix.sample import a_report, a_result

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]
OURS = [step["run"] for step in STEPS if step.get("run", "").startswith("golab ")]
SHOWN = re.findall(r"(?m)^golab .*\.json.*", PAGE)
INLINE = re.findall(r"`(golab (?:run|check) [^`]+)`", PAGE)


def parsed(words: list[str]) -> None:
    """Parse a command line as golab does, and run nothing."""
    context = cli.make_context("golab", words)
    group: click.Command = cli
    while isinstance(group, click.Group):
        name, command, rest = group.resolve_command(
            context, [*context._protected_args, *context.args]
        )
        assert command is not None
        context = command.make_context(name, rest, parent=context)
        group = command


@pytest.mark.parametrize("line", [*OURS, *SHOWN, *INLINE])
def test_every_command_of_the_page_is_one(line: str) -> None:
    parsed(shlex.split(re.sub(r"\$\{\{.*?\}\}", "2", line))[1:])


def test_the_workflow_merges_the_shards_that_it_runs() -> None:
    shards = WORKFLOW["jobs"]["replay"]["strategy"]["matrix"]["shard"]
    (run,) = [line for line in OURS if "--shard" in line]
    assert f"/{len(shards)} " in run
    (merge,) = [line for line in OURS if "merge" in line]
    assert re.findall(r"(\d)\.json", merge) == [str(shard) for shard in shards]
    assert len(OURS) >= 4


def changed(tmp_path: Path) -> Path:
    """Return a scenario that is not as it says: what it prints is a command to GitHub's runner."""
    text = (ROOT / "scenarios" / "versions" / "stale-list.yaml").read_text(encoding="utf-8")
    text = text.replace("id: stale-list\n", "id: mine\n")
    text = text.replace(
        "run: go get github.com/spf13/cobra@latest", "run: 'echo ::error::from a scenario'"
    )
    file = tmp_path / "mine.yaml"
    file.write_text(re.sub(r"healthy: .*", "healthy: {exit: 1}", text))
    return file


def test_a_run_in_github_actions(tmp_path: Path) -> None:
    file, summary = changed(tmp_path), tmp_path / "summary.md"
    github: dict[str, Any] = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = golab(
        "run", "mine.yaml", "--diagnostics", "none", "--junit", "j.xml", "--json", "r.json",
        cwd=tmp_path, GITHUB_WORKSPACE=str(tmp_path), **github,
    )  # fmt: skip
    report = Report.model_validate_json((tmp_path / "r.json").read_bytes())
    assert report.runs[0].verdict in ("changed", "invalid"), done.stderr
    lines = done.stdout.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    end = lines.index(f"::{token}::")
    printed = [at for at, line in enumerate(lines) if "from a scenario" in line]
    assert printed
    assert max(printed) < end, "what a scenario prints is quoted"
    (told,) = [line for line in lines[end + 1 :] if line]
    assert told.startswith(f"::error file={file.name},line=1,title=golab%3A mine%3A ")
    assert "| mine | " in summary.read_text()
    root = ElementTree.parse(tmp_path / "j.xml").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) in (
        ("1", "1", "0"),
        ("1", "0", "1"),
    )
    to_stdout = golab(
        "run", "mine.yaml", "--diagnostics", "none", "--json", "-", cwd=tmp_path, **github
    )
    json.loads(to_stdout.stdout)
    assert "::error file=mine.yaml,line=1,title=golab%3A mine" in to_stdout.stderr


def written(folder: Path, name: str, report: Report) -> str:
    (folder / name).write_text(report.model_dump_json(by_alias=True))
    return name


def test_reports_are_merged_shown_and_passed_on(tmp_path: Path) -> None:
    bad = a_result("second", verdict="changed", reason="exit 0")
    one = written(tmp_path, "1.json", a_report(a_result("first"), shard="1/2"))
    two = written(tmp_path, "2.json", a_report(bad, shard="2/2"))
    done = golab("report", "merge", one, two, "-o", "all.json", "--junit", "all.xml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert "2 runs: 1 reproduced, 1 changed" in done.stdout
    whole = Report.model_validate_json((tmp_path / "all.json").read_bytes())
    assert [run.name for run in whole.runs] == ["first", "second"]
    assert ElementTree.parse(tmp_path / "all.xml").getroot().get("failures") == "1"
    alone = golab("report", "merge", one, "-o", "x.json", cwd=tmp_path)
    assert (alone.returncode, alone.stderr) == (2, "golab: 1.json is shard 1/2; missing: 2/2\n")
    assert not (tmp_path / "x.json").exists()
    fine = golab(
        "report",
        "merge",
        written(tmp_path, "3.json", a_report(a_result("x"))),
        "-o",
        "-",
        cwd=tmp_path,
    )
    assert (fine.returncode, json.loads(fine.stdout)["totals"]["runs"]) == (0, 1)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("run", "stale-list", "--shard", "5/4"), "--shard '5/4': write I/N"),
        (
            ("run", "stale-list", "--junit", "-"),
            "--junit: name a file; only --json goes to standard",
        ),
        (
            ("run", "stale-list", "--junit", "/no/such.xml"),
            "the report cannot be written to /no/such",
        ),
        (("report", "merge", "/no/such.json"), "the report /no/such.json cannot be read: No such"),
    ],
)
def test_what_cannot_be_done_is_a_line_before_the_work(args: tuple[str, ...], said: str) -> None:
    done = golab(*args)
    assert done.returncode == 2
    (line,) = [one for one in done.stderr.splitlines() if "backend" not in one]
    assert line.startswith(f"golab: {said}")


def test_what_a_tool_misses_is_a_failure_in_junit(tmp_path: Path) -> None:
    (tmp_path / "blind.sh").write_text("#!/bin/sh\nexit 0\n")
    (tmp_path / "blind.sh").chmod(0o755)
    done = golab("check", "./blind.sh", "stale-list", "--junit", "c.xml", cwd=tmp_path)
    assert (done.returncode, done.stdout.count("miss") > 0) == (0, True), done.stderr
    (failure,) = ElementTree.parse(tmp_path / "c.xml").getroot().iter("failure")
    assert failure.get("type") == "miss"


def test_an_empty_shard_is_no_failure(tmp_path: Path) -> None:
    done = golab("run", "stale-list", "--shard", "2/2", "--json", "s.json", cwd=tmp_path)
    assert done.returncode == 0
    assert "golab: shard 2/2 is empty: there are fewer runs than shards" in done.stderr
    report = Report.model_validate_json((tmp_path / "s.json").read_bytes())
    assert (report.shard, report.seed, report.runs) == ("2/2", 0, [])
