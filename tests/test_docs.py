"""What the documents show is what is."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lab.cli import COMMANDS
from lab.diagnostics.catalogue import diagnostics
from lab.diagnostics.documented import Documented
from lab.go.toolchain import DEFAULT, PINNED
from lab.scenario.load import catalogue
from tests.lab.golab import golab
from tests.lab.scenario.test_catalogue import NAMED_FOR

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


FIRST, OUTPUT, SECOND = README.split("```\n")[1:6:2]


def timeless(text: str) -> list[str]:
    text = re.sub(r"\d+\.\d\d s\b", "TIME s", text)
    text = re.sub(r"\(\d+\.\d s, seed \d+", "(SEED", text)
    return [line for line in text.splitlines() if line]


def as_here(line: str) -> list[str]:
    """Return what a line of the README is on a machine without the program that it needs."""
    known = diagnostics().get(line[2:].partition(" ")[0]) if line.startswith("  ") else None
    if isinstance(known, Documented):
        for program in known.spec.needs:
            if program != "go" and shutil.which(program) is None:
                unavailable = "-        -        -         unavailable"
                because = f"      {program} is not installed where the client runs"
                return [f"  {known.id:<24}{unavailable}", because]
    return [line]


def test_the_first_output_of_the_readme_is_real() -> None:
    done = golab("run", "auth-fallback", GOLAB_BACKEND="local")  # as on a fresh machine
    assert (done.returncode, done.stderr) == (0, "")
    expected = [each for line in timeless(OUTPUT) for each in as_here(line)]
    assert expected == timeless(done.stdout)
    assert "\x1b" not in done.stdout
    assert not [line for line in done.stdout.splitlines() if line != line.rstrip()]


def test_the_readmes_go_is_the_one_that_is_fetched() -> None:
    assert f"(go {DEFAULT}, local," in OUTPUT
    assert f"That was Go {DEFAULT}" in README


def test_the_commands_of_a_fresh_machine_are_those_that_the_gate_runs_on_one() -> None:
    found = [line for line in README.splitlines() if re.match(r"python3 install\.py\b", line)]
    assert found == [FIRST.strip(), SECOND.strip()]
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "grep '^python3 install.py' README.md" in gate
    assert gate.splitlines()[-1] == ".venv/bin/pytest -m 'not whole'"


def test_the_readme_knows_every_command_and_toolchain_and_the_first_scenarios() -> None:
    for name in COMMANDS:
        assert re.search(rf"golab .*\b{name}\b", README), name
    table = README.partition("| scenario |")[2].partition("\n\n")[0]
    named = re.findall(r"(?m)^\| `([^`]+)` \|.*\| (yes|no) \|$", table)
    known = {id_: "yes" if one.scenario.silent else "no" for id_, one in catalogue().items()}
    assert set(named) <= known.items()
    assert {id_ for id_, _ in named} == NAMED_FOR
    assert ", ".join(PINNED) in README


def test_every_file_that_a_document_points_to_is_there() -> None:
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_page_on_scenarios_names_every_key() -> None:
    from lab.scenario import commands, variants
    from lab.scenario.fault import Fault
    from lab.scenario.model import Scenario
    from lab.scenario.record import Record
    from lab.spec.client import ClientSpec, File
    from lab.spec.sources import Citation

    page = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    forms = (commands.Replay, commands.ReplayStep, commands.Repair, variants.ByGo)
    for part in (Scenario, Fault, Record, *forms, ClientSpec, File, Citation):
        for name, field in part.model_fields.items():
            word = re.escape(field.alias or name)
            assert re.search(rf"\b{word}:|`{word}`", page), f"{part.__name__}.{name}"


def test_the_python_of_the_readme_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [
        "github.com/spf13/cobra v1.6.1 v1.7.0",
        "",
        "stale-list False 1",
        "gone False 0",
    ], done.stderr


@pytest.mark.slow
def test_the_python_of_its_page_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    replays, tests, labs, arms, plugin = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    code = replays + labs + arms
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert [line for line in done.stdout.splitlines() if line] == [
        "auth-fallback reproduced True True",
        "{'auth-fallback': 1} [0]",
        "sni-block/reset reproduced False False",
        "{'sni-block': 1} [1]",
        "0",
        "1 True {'gone': 2}",
        "git.corp.example/lib",
        "alarm",
        "git.corp.example/lib v1.0.0 v1.1.0",
    ], done.stderr
    (tmp_path / "test_tool.py").write_text(tests, encoding="utf-8")
    (tmp_path / "test_labs.py").write_text(plugin, encoding="utf-8")
    tried = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
                           cwd=tmp_path, capture_output=True, text=True)  # fmt: skip
    assert "7 passed" in tried.stdout, tried.stdout


def test_the_readme_counts_the_actions_right() -> None:
    listed = golab("faults", "list", COLUMNS="").stdout.splitlines()
    assert f"the fault vocabulary: {len(listed)} actions" in README
