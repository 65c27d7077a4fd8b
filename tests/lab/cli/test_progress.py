"""What is said while several scenarios run, and what is left of them after an interrupt."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pexpect
import pytest

from lab.paths import scenarios_root
from tests.lab.golab import COMMAND, golab, interrupted

HANGING = "proxy-timeout/stalled-zip"  # takes seconds to run into its limits
PLANNED = ["egress-blocked", HANGING, "fallback-comma/mute"]


def row(name: str, verdict: str = "reproduced") -> str:
    return rf"(?m)^{name} +{verdict} .*\d\.\d$"


def test_several_end_with_the_table(tmp_path: Path) -> None:
    done = golab("run", "egress-blocked", "auth-fallback", "--jobs", "1", "--json", "r.json",
                 cwd=tmp_path, COLUMNS="")  # fmt: skip
    assert done.returncode == 0, done.stdout
    runs = json.loads((tmp_path / "r.json").read_text())["runs"]
    assert done.stderr.splitlines() == [
        f"golab: {place} of 2: {run['scenario']}: reproduced ({run['seconds']:.1f} s)"
        for place, run in enumerate(runs, 1)
    ]
    full, table = re.split("scenario +verdict", done.stdout)
    assert full.count("verdict  REPRODUCED") == 2
    assert re.search(row("egress-blocked"), table)
    assert re.search(row("auth-fallback"), table)
    assert table.splitlines()[-1].startswith("2 runs: 2 reproduced  (")


def test_a_line_says_why_a_run_is_not_as_recorded(tmp_path: Path) -> None:
    text = (scenarios_root() / "transport" / "egress-blocked.yaml").read_text(encoding="utf-8")
    other = text.replace("silent: false", "silent: true")
    assert other != text
    (tmp_path / "mine.yaml").write_text(other)
    done = golab("run", "mine.yaml", "auth-fallback", "--jobs", "1", cwd=tmp_path)
    changed, reproduced = done.stderr.splitlines()
    assert re.fullmatch(r"golab: 1 of 2: \S+: changed \(.* s\): measured not silent, .*", changed)
    assert reproduced.endswith(" s)")


def test_json_on_standard_output_stays_alone_there() -> None:
    done = golab("run", "egress-blocked", "auth-fallback", "--json", "-")
    assert [run["scenario"] for run in json.loads(done.stdout)["runs"]] == [
        "egress-blocked",
        "auth-fallback",
    ]
    assert [line.partition(": ")[2][:6] for line in done.stderr.splitlines()] == [
        "1 of 2",
        "2 of 2",
    ]


@contextmanager
def in_terminal(*args: str, **env: str) -> Iterator[pexpect.spawn[str]]:
    child = pexpect.spawn(
        COMMAND,
        list(args),
        dimensions=(30, 100),
        encoding="utf-8",
        timeout=60,
        env={**os.environ, "TERM": "xterm", "NO_COLOR": "1", **env},
    )
    try:
        yield child
    finally:
        child.close(force=True)


def test_a_terminal_shows_rows_as_they_finish_and_what_did_after_ctrl_c() -> None:
    with in_terminal("run", *PLANNED[:2], "--jobs", "1") as child:
        child.expect(r"0/2 .*egress-blocked: ")
        child.expect(r"egress-blocked [^\n]*reproduced[^\n]* \d\.\d s\s")
        child.expect(rf"1/2 .*left.*so far.*{HANGING}: ")
        child.sendintr()
        text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", child.read().replace("\r\n", "\n"))
        assert re.search(r"INTERRUPTED after 1 of 2 runs: 1 reproduced  \(", text)
        assert text.endswith("golab: interrupted; nothing is left behind\n")
        child.close()
        assert child.exitstatus == 130


def test_a_dumb_terminal_gets_lines() -> None:
    with in_terminal("run", "egress-blocked", "auth-fallback", TERM="dumb") as child:
        text = child.read()
    assert "golab: 2 of 2: " in text
    assert "\x1b" not in text


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_leaves_what_had_finished(tmp_path: Path, jobs: str) -> None:
    options = ["--jobs", jobs, "--json", "r.json", "--artifacts", "kept"]
    done, rest = interrupted(
        "run", *PLANNED, *options, cwd=tmp_path, after="1 of 3: egress-blocked"
    )
    assert done.returncode == 130
    assert rest == "golab: interrupted; nothing is left behind\n"
    assert "verdict  REPRODUCED" in done.stdout
    assert "\nINTERRUPTED after 1 of 3 runs: 1 reproduced  (" in done.stdout
    assert HANGING not in done.stdout
    report = json.loads((tmp_path / "r.json").read_text())
    jsonschema.validate(report, json.loads(golab("schema", "report").stdout))
    assert [run["scenario"] for run in report["runs"]] == ["egress-blocked"]
    assert report["unfinished"] == PLANNED[1:]
    assert (tmp_path / "kept" / "egress-blocked" / "result.json").exists()
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_an_interrupt_before_anything_had_finished(tmp_path: Path) -> None:
    with in_terminal("run", PLANNED[1], "--json", str(tmp_path / "r.json")) as child:
        child.expect("stalled-zip: broken")
        child.sendintr()
        text = child.read()
        child.close()
        assert child.exitstatus == 130
    assert "INTERRUPTED" not in text
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["runs"], report["unfinished"]) == ([], [PLANNED[1]])


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--json=nowhere/r.json", "the report cannot be written to nowhere/r.json: No such file"),
        ("--json=.", "the report cannot be written to .: Is a directory"),
        ("--artifacts=file", "the artifacts cannot be written: file: File exists"),
    ],
)
def test_what_cannot_be_written_is_said_before_the_work(
    tmp_path: Path, option: str, said: str
) -> None:
    (tmp_path / "file").touch()
    done = golab("run", "egress-blocked", "auth-fallback", option, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"golab: {said}")
    assert done.stderr.count("\n") == 1


def test_a_report_that_cannot_be_written_is_shown_all_the_same() -> None:
    done = golab("run", "egress-blocked", "--json", "/dev/full")
    assert done.returncode == 2
    assert "verdict  REPRODUCED" in done.stdout
    assert (
        done.stderr == "golab: the report cannot be written to /dev/full: No space left on device\n"
    )


def test_repeated_replays_end_with_how_many_differ() -> None:
    done = golab("run", "auth-fallback", "--repeat", "3", "--jobs", "2")
    assert done.returncode == 0, done.stdout
    assert "golab: 3 of 3: auth-fallback: reproduced" in done.stderr
    assert "\nof 3 replays, none came to another verdict\n3 runs: 3 reproduced" in done.stdout


def test_the_slow_can_be_left_out(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    text = (scenarios_root() / "auth" / "auth-fallback.yaml").read_text()
    file.write_text(text.replace("id: auth-fallback", "id: mine\nslow: true"))
    done = golab("run", "mine.yaml", "--skip-slow", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "golab: all of this is slow; leave out --skip-slow\n",
    )
    kept = golab("run", "mine.yaml", "--keep", "--repeat", "2", cwd=tmp_path)
    assert kept.returncode == 2
    said = "--keep leaves one lab of each run up, on this machine; leave out --repeat"
    assert kept.stderr == f"golab: {said}\n"
