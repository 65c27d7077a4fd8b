"""`golab diagnose` as an ordinary program in a lab's network finds what the probes find there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.scenario.load import select
from tests.lab.golab import golab

ROOT = Path(__file__).resolve().parents[3]
LOADED = """
import contextlib, io, sys
from lab.cli import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print(*(getattr(each, "__file__", None) for each in list(sys.modules.values())), sep="\\n")
"""
RUNS = {
    "private-leak/scheme": {"settings"},
    "auth-fallback": {"auth-parity", "version-list-plausible"},
    "vendor-drift/edited": {"vendor-tree"},
    "netrc-of-many-hosts": set[str](),
}
MORE = (
    *("invented-variables/gonosum", "netrc-port", "empty-list/nothing", "run-vs-install/missing"),
    *("replace-exclude/replaced-by-excluded", "private-by-vcs", "vendored"),
    "modcache-polluted/zip-and-hash-swapped",
)


def system_python() -> str:
    """A Python that clients see, and that takes the compiled packages of this one."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    found = shutil.which(name, path="/usr/bin:/bin")
    if not found:
        pytest.skip(f"{name} is not in /usr/bin: apt-get install {name}")
    return found


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """golab and what it needs for this, in one file."""
    folder = tmp_path_factory.mktemp("packed")
    (folder / "go.mod").write_text("module a.example/b\n")
    command = [sys.executable, "-c", LOADED, "diagnose", str(folder), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    file = folder / "golab.tar"
    with tarfile.open(file, "w") as archive:
        for line in done.stdout.splitlines():
            if "site-packages/" in line:
                archive.add(line, line.partition("site-packages/")[2])
        for name in ("lab", "faults", "scenarios"):
            archive.add(ROOT / name, name)
    return file


@contextmanager
def up(run: str) -> Iterator[str]:
    arm = "healthy" if select([run])[0].scenario.is_control else "broken"
    lab = golab("up", run, "--arm", arm, "--go", "1.27.3").stdout.split()[-1]
    try:
        yield lab
    finally:
        golab("down", lab)


def diagnosed(run: str, packed: Path) -> dict[str, Any]:
    subject = select([run])[0].scenario.diagnostics.subject
    assert subject
    program = f"{system_python()} -m lab diagnose --json --module {subject.module}"
    with up(run) as lab:
        assert golab("cp", str(packed), f"{lab}:/lab/home/golab.tar").returncode == 0
        golab("exec", lab, "--", "sh", "-c", "mkdir ~/golab && tar -xf ~/golab.tar -C ~/golab")
        within = f"cd ~/project && PYTHONPATH=$HOME/golab {program}"
        done = golab("exec", lab, "--", "sh", "-c", within)
        assert done.returncode in (0, 1), done.stderr
        data: dict[str, Any] = json.loads(done.stdout)
        assert done.returncode == int(bool(alarms(data)))
    return data


def alarms(data: dict[str, Any]) -> set[str]:
    """The probes that alarm; what a lint says is said by the probe of settings."""
    probes = {one["id"] for one in data["probes"]}
    found = [one["id"] for one in data["findings"] if one["severity"] != "note"]
    return {name if name in probes else "settings" for name in found}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("run", RUNS)
def test_it_finds_what_is_broken_and_nothing_in_a_control(run: str, packed: Path) -> None:
    found = alarms(diagnosed(run, packed))
    assert found >= RUNS[run]
    assert RUNS[run] or not found


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What the probes said in a replay, in the arm that is looked at."""
    file = tmp_path_factory.mktemp("replayed") / "report.json"
    looking = ("--diagnostics", "all", "--go", "1.27.3", "--json", str(file))
    golab("run", *RUNS, *MORE, *looking, limit=600)
    found = {}
    for run in json.loads(file.read_text())["runs"]:
        name = f"{run['scenario']}/{run['variant']}" if run["variant"] else run["scenario"]
        arm = "broken" if run["kind"] != "control" else "healthy"
        rows = [row for row in run["diagnostics"] if row["origin"] == "golab"]
        found[name] = {row["id"] for row in rows if row[arm] == "alarm"}
    return found


@pytest.mark.whole
@pytest.mark.timeout(900)
@pytest.mark.parametrize("run", [*RUNS, *MORE])
def test_it_finds_what_the_probes_find(
    run: str, packed: Path, replayed: dict[str, set[str]]
) -> None:
    assert alarms(diagnosed(run, packed)) == replayed[run]
