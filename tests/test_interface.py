"""`import golab`: the public Python interface, as a user's program and a type checker see it."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import golab
from lab.scenario.load import Run

PROGRAM = """\
from pathlib import Path

import golab


class Told:
    def started(self, run: object) -> None: ...
    def arm(self, run: object, arm: str) -> None: ...
    def finished(self, run: object, result: golab.RunResult) -> None:
        print(result.name, result.verdict)


def check(name: str) -> bool:
    mine = Path("mine.yaml")
    report: golab.Report = golab.run(name, mine, go=["1.26.2"], seed=7, observer=Told())
    first: golab.RunResult = report.runs[0]
    arm: golab.ArmResult = first.arms["broken"]
    found: list[golab.DiagnosticResult] = first.diagnostics
    exits: list[int | None] = [command.exit for command in arm.commands]
    print(arm.fired, [each.outcome for each in found], exits, report.totals.reproduced)
    return first.verdict == "reproduced"


def scenarios() -> dict[str, str]:
    try:
        loaded: golab.Loaded = golab.load(Path("mine.yaml"))
    except golab.ScenarioError as error:
        print(error.problems, golab.validate("mine.yaml"))
        raise
    known = {**golab.catalogue(), loaded.scenario.id: loaded}
    return {id_: each.scenario.title for id_, each in known.items()}


def by_hand(world: golab.World) -> golab.Completed:
    with golab.open_lab(world=world) as lab:
        client: golab.Client = lab.client()
        with lab.fault("x"):
            return client.run(["go", "version"], limit=10.0)


def in_an_arm() -> str:
    world = {"modules": {"example.com/mine": {"versions": ["v0.1.0"]}}}
    with golab.open_lab("auth-fallback", arm="broken", world=world) as lab:
        done: golab.Completed = lab.run("go version")
        found: golab.Finding = lab.check("./canary.sh", alarm_if="exit=2")
        lab.enter("repaired")
        result: golab.ArmResult = lab.replay()
    return done.stdout + found.said + str(result.judged.exit)
"""


@pytest.mark.slow
def test_a_users_program_is_typed(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    wrong = PROGRAM.replace("seed=7", "sede=7").replace("report.totals.reproduced", "report.total")
    for name, text in {"right.py": PROGRAM, "wrong.py": wrong}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir=.mypy",
        "right.py",
        "wrong.py",
    ]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout.splitlines()
    assert 'Unexpected keyword argument "sede" for "run"' in said[0]
    assert '"Report" has no attribute "total"' in said[-2]
    assert said[-1] == "Found 2 errors in 1 file (checked 2 source files)"


def test_every_name_is_there_once() -> None:
    assert golab.__all__ == sorted(golab.__all__)
    assert dir(golab) == golab.__all__
    for name in golab.__all__:
        assert getattr(golab, name) is not None
    homes = [name for names in golab._HOMES.values() for name in names]
    assert sorted([*homes, "__version__"]) == golab.__all__
    with pytest.raises(AttributeError, match="module 'golab' has no attribute 'nonsense'"):
        _ = golab.nonsense
    assert importlib.import_module("golab").run is golab.run


def test_python_m_golab_is_the_command_and_loads_no_more() -> None:
    loaded = "import sys, golab.__main__; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True)
    heavy = {"mitmproxy", "pydantic", "yaml", "rich", "click", "docker", "lab.api"}
    assert heavy.isdisjoint(done.stdout.split()), done.stderr
    for args in (["--version"], ["list"], ["nonsense"]):
        ours, theirs = (
            subprocess.run([sys.executable, "-m", name, *args], capture_output=True, text=True)
            for name in ("golab", "lab")
        )
        assert (ours.returncode, ours.stdout, ours.stderr) == (
            theirs.returncode,
            theirs.stdout,
            theirs.stderr,
        )


class Told:
    def __init__(self) -> None:
        self.events: list[str] = []

    def started(self, run: Run) -> None:
        self.events.append(f"{run.name} started")

    def arm(self, run: Run, arm: str) -> None:
        self.events.append(arm)

    def finished(self, run: Run, result: golab.RunResult) -> None:
        self.events.append(result.verdict)


def test_run_returns_the_report(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    text = golab.catalogue()["egress-blocked"].file.read_text(encoding="utf-8")
    file.write_text(text.replace("id: egress-blocked", "id: mine"), encoding="utf-8")
    told = Told()
    report = golab.run("dns-failure/nxdomain", file, seed=5, jobs=1, observer=told)
    assert isinstance(report, golab.Report)
    assert [run.name for run in report.runs] == ["dns-failure/nxdomain", "mine"]
    assert [run.verdict for run in report.runs] == ["reproduced", "reproduced"]
    assert (report.seed, report.backend, report.totals.reproduced) == (5, "local", 2)
    arms = ["healthy", "broken", "repaired"]
    assert told.events == [
        "dns-failure/nxdomain started", *arms, "reproduced", "mine started", *arms, "reproduced"
    ]  # fmt: skip
    assert capfd.readouterr() == ("", "")


def test_what_is_wrong_is_an_exception_of_golabs(tmp_path: Path) -> None:
    with pytest.raises(golab.UsageError, match="no scenario 'stale-ls'; did you mean 'stale-list'"):
        golab.run("stale-ls")
    with pytest.raises(golab.UsageError, match="which scenario"):
        golab.run()
    with pytest.raises(golab.UsageError, match="no backend 'dokcer'; one of auto, local, docker"):
        golab.run("stale-list", backend="dokcer")
    with pytest.raises(golab.UsageError, match="jobs: at least 1, not 0"):
        golab.run("stale-list", jobs=0)
    with pytest.raises(golab.UsageError, match=r"go 1\.3 is too old"):
        golab.run("stale-list", go="1.3")
    file = tmp_path / "mine.yaml"
    file.write_text("id: mine\nnonsense: 1\n", encoding="utf-8")
    problems = golab.validate(file)
    assert f"{file}:2:1: unknown key 'nonsense'" in "\n".join(problems)
    assert golab.validate(os.fspath(golab.catalogue()["stale-list"].file)) == []
    with pytest.raises(golab.ScenarioError) as caught:
        golab.run(file)
    assert caught.value.problems == problems
    assert issubclass(golab.ScenarioError, golab.GolabError)
