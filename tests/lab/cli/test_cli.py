"""The command line, through its real entry point, in pipes and in a terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import jsonschema
import pexpect
import pytest
import yaml

from lab.go.toolchain import PINNED, ensure
from lab.scenario.load import catalogue
from tests.lab.golab import COMMAND, golab


def in_terminal(*args: str, columns: int, **env: str) -> str:
    """Run golab on a terminal of this width and return the screen's text with its escapes."""
    child = pexpect.spawn(
        COMMAND,
        list(args),
        dimensions=(60, columns),
        encoding="utf-8",
        timeout=60,
        env={**os.environ, "TERM": "xterm-256color", **env},
    )
    text = child.read()
    child.close()
    assert child.exitstatus == 0, text
    return str(text)


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_it_fits_the_terminal(columns: int) -> None:
    shown = in_terminal("run", "stale-list", columns=columns)
    assert re.search(r"\x1b\[[0-9;]*3[0-9]m", shown)
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    report = text[text.index("stale-list  A proxy") :]
    assert "verdict  REPRODUCED" in report
    assert ("second-source" + " " * 11 + "quiet" in report) is (columns >= 80)
    for line in report.splitlines():
        assert len(line) <= columns, line


def test_json_on_standard_output_and_nothing_else() -> None:
    done = golab("run", "egress-blocked", "--json", "-", "--seed", "5")
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert (report["schema"], report["seed"]) == ("golab.report/1", 5)
    jsonschema.validate(report, json.loads(golab("schema", "report").stdout))
    assert report["totals"]["reproduced"] == len(report["runs"]) == 1
    assert report["unfinished"] == []


def test_without_colour_where_that_is_asked_for() -> None:
    plain = in_terminal("run", "egress-blocked", columns=80, NO_COLOR="1")
    assert "REPRODUCED" in plain
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain)


def test_artifacts_are_kept_where_they_are_asked_for(tmp_path: Path) -> None:
    done = golab("run", "stale-list", "--artifacts", "kept", "--json", "r.json", cwd=tmp_path)
    assert done.returncode == 0
    assert "verdict  REPRODUCED" in done.stdout  # the report in a file leaves it to people
    folder = tmp_path / "kept" / "stale-list"
    assert "cobra v1.7.0" in (folder / "broken.go.mod").read_text()
    assert "$ go get github.com/spf13/cobra@latest" in (folder / "broken.commands.txt").read_text()
    lines = (folder / "broken.requests.jsonl").read_text().splitlines()
    assert any(json.loads(line).get("endpoint") == "list" for line in lines)
    run = json.loads((tmp_path / "r.json").read_text())["runs"][0]
    assert run["artifacts"]["broken.go.mod"] == "kept/stale-list/broken.go.mod"
    assert json.loads((folder / "result.json").read_text())["scenario"] == "stale-list"


def test_several_at_once_keep_their_order(tmp_path: Path) -> None:
    names = ["egress-blocked", "auth-fallback", "stale-list", "dns-failure/nxdomain"]
    done = golab("run", *names, "--jobs", "2", "--json", "out.json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[0].split() == [
        "scenario",
        "verdict",
        "silent",
        "detected",
        "by",
        "s",
    ]
    assert "4 runs: 4 reproduced" in done.stdout
    runs = json.loads((tmp_path / "out.json").read_text())["runs"]
    assert [run["scenario"] for run in runs] == [name.partition("/")[0] for name in names]


@pytest.mark.slow
def test_several_go_versions_are_compared(tmp_path: Path) -> None:
    go = ensure()
    other = next(version for version in PINNED if version != go.version)
    store = tmp_path / "cache" / "toolchains"
    store.mkdir(parents=True)
    for version in (go.version, other):  # one toolchain under two names: nothing is downloaded
        (store / f"go{version}").symlink_to(go.goroot)
    args = [
        "egress-blocked",
        "dns-failure/nxdomain",
        "--go",
        other,
        "--go",
        go.version,
        "--jobs",
        "2",
    ]
    args += ["--go", other, "--json", "out.json", "--artifacts", "kept"]
    done = golab("run", *args, cwd=tmp_path, GOLAB_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 0, done.stdout + done.stderr
    runs = json.loads((tmp_path / "out.json").read_text())["runs"]
    assert [(run["scenario"], run["go"]) for run in runs] == [
        ("egress-blocked", other),
        ("egress-blocked", go.version),
        ("dns-failure", other),
        ("dns-failure", go.version),
    ]
    table = [line.split() for line in done.stdout.splitlines()]
    assert table[0] == ["scenario", "go", other, "go", go.version]
    assert ["egress-blocked", "reproduced", "reproduced"] in table
    assert "4 runs: 4 reproduced" in done.stdout
    assert {folder.name for folder in (tmp_path / "kept").iterdir()} == {
        f"{name}.go{version}"
        for name in ("egress-blocked", "dns-failure.nxdomain")
        for version in (other, go.version)
    }


@pytest.mark.slow
def test_list_show_schema() -> None:
    listed = json.loads(golab("list", "--json").stdout)
    assert {item["id"] for item in listed} == set(catalogue())
    assert "stale-list" in golab("list", "--family", "versions").stdout
    shown = golab("show", "proxy-timeout").stdout
    assert "variant mute" in shown
    assert "variant stalled-zip" in shown
    assert json.loads(golab("show", "stale-list", "--json").stdout)["id"] == "stale-list"
    schema = json.loads(golab("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for loaded in catalogue().values():
        read = yaml.safe_load(loaded.file.read_text(encoding="utf-8"))
        as_json = json.loads(json.dumps(read, default=str))  # as editors see it, without dates
        validator.validate(as_json)


@pytest.mark.slow
def test_narrow_tables_put_one_cell_below_the_other() -> None:
    wide = golab("list", COLUMNS="100").stdout.splitlines()
    row = next(line for line in wide if line.startswith("auth-fallback "))
    assert row.split()[:3] == ["auth-fallback", "auth", "yes"]
    narrow = golab("list", COLUMNS="40").stdout.splitlines()
    at = narrow.index("auth-fallback")
    assert narrow[at : at + 5] == [
        "auth-fallback",
        "  family  auth",
        "  silent  yes",
        "  title   A proxy turns the registry's",
        "          401 into an empty 200",
    ]
    several = golab("run", "egress-blocked", "stale-list", COLUMNS="40").stdout.splitlines()
    assert "stale-list" in several
    assert "  detected by  second-source" in several
    assert all(len(line) <= 40 for line in several)


@pytest.mark.slow
def test_every_list_fits_the_terminal(tmp_path: Path) -> None:
    env = {"XDG_RUNTIME_DIR": str(tmp_path), "NO_COLOR": "1"}
    lab = golab("up", "dns-failure/nxdomain", XDG_RUNTIME_DIR=str(tmp_path)).stdout.strip()
    try:
        assert lab in in_terminal("ps", columns=80, **env)
        for columns in (40, 80):
            for args in (["ps"], ["faults", "list"], ["show", "dns-failure"]):
                for line in in_terminal(*args, columns=columns, **env).splitlines():
                    assert len(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line)) <= columns, line
    finally:
        golab("down", "--all", XDG_RUNTIME_DIR=str(tmp_path))


def test_validate_says_what_is_valid() -> None:
    done = golab("validate")
    assert (done.returncode, done.stdout) == (0, f"{len(catalogue())} scenarios: valid\n")


def test_doctor_finds_this_machine_fit() -> None:
    done = golab("doctor")
    assert done.returncode == 0, done.stdout
    assert "This machine can run labs." in done.stdout
    bare = golab("doctor", GOLAB_CACHE="/proc/nowhere")
    assert bare.returncode == 3
    assert "-> set GOLAB_CACHE to a directory you may write to" in bare.stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    child = pexpect.run(f"bash -c '{COMMAND} schema | head -n 1; exit ${{PIPESTATUS[0]}}'")
    assert str(child) == str(b"{\r\n")


def test_no_cache_to_write_to_is_said(tmp_path: Path) -> None:
    done = golab("run", "stale-list", GOLAB_CACHE="/proc/nowhere", PATH=str(tmp_path))
    assert done.returncode == 3
    assert done.stderr.startswith("golab: Go ")
    assert "GOLAB_CACHE" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_locale_without_the_letters_gets_question_marks_and_whole_json(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("LC_ALL", "C"), ("PYTHONUTF8", "0"), ("PYTHONCOERCECLOCALE", "0")):
        monkeypatch.setenv(name, value)
    done = golab("show", "egress-blocked")
    assert (done.returncode, done.stderr) == (0, "")
    assert "documented in ?Why Go module" in done.stdout
    report = json.loads(golab("run", "egress-blocked", "--json", "-").stdout)
    assert "“Why Go module" in report["runs"][0]["sources"][0]


@pytest.mark.parametrize(
    ("command", "status"),
    [("run egress-blocked >/dev/full", 3), ("list >/dev/full", 3), ("list >&-", 0)],
)
def test_an_output_that_cannot_be_written(command: str, status: int) -> None:
    done = subprocess.run(["bash", "-c", f"{COMMAND} {command}"], capture_output=True, text=True)
    said = "golab: writing the output: No space left on device\n" if status else ""
    assert (done.returncode, done.stderr) == (status, said)


def test_two_scenarios_of_one_name_are_not_confused(tmp_path: Path) -> None:
    text = catalogue()["stale-list"].file.read_text(encoding="utf-8")
    other = tmp_path / "mine.yaml"
    other.write_text(text.replace("silent: true", "silent: false"), encoding="utf-8")
    done = golab("run", "stale-list", str(other))
    said = f"golab: two different scenarios are called 'stale-list'; the second: {other}\n"
    assert (done.returncode, done.stderr) == (2, said)
