"""Probes of what lies on the machine: a real go, a module cache and a vendor directory, offline."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from shutil import rmtree
from subprocess import run

import pytest

from lab.diagnostics.catalogue import Probe, diagnostics
from lab.diagnostics.interface import Finding, Subject
from lab.diagnostics.own import OwnMachine
from lab.diagnostics.view import GoView
from lab.world.modzip import h1
from tests.lab.diagnostics.fake import PUBLIC, FakeMachine, look, ok, status

LIB = "x.example/Lib"
ZIP = "x.example/!lib/@v/v1.0.0"
GO_MOD = f"module a.example/b\n\ngo 1.21\n\nrequire {LIB} v1.0.0\n"


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that is a proxy with two versions of a module."""
    root = tmp_path_factory.mktemp("disk")
    folder = root / "x.example" / "!lib" / "@v"
    folder.mkdir(parents=True)
    for version in ("v1.0.0", "v1.1.0"):
        (folder / f"{version}.info").write_text(f'{{"Version": "{version}"}}')
        (folder / f"{version}.mod").write_text(f"module {LIB}\n")
        with zipfile.ZipFile(folder / f"{version}.zip", "w") as archive:
            archive.writestr(f"{LIB}@{version}/go.mod", f"module {LIB}\n")
            archive.writestr(f"{LIB}@{version}/lib.go", f"package lib // {version}\n")
    return root


class Desk:
    """A project on this machine, its modules fetched and vendored."""

    def __init__(self, folder: Path, disk: Path) -> None:
        self.project, self.cache = folder / "project", folder / "cache"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GOPROXY": f"file://{disk}",
            "GOSUMDB": "off",
            "GOMODCACHE": str(self.cache),
            "GOFLAGS": "-modcacherw",
            "GOTOOLCHAIN": "local",
        }
        self.project.mkdir()
        self.write("go.mod", GO_MOD)
        self.write("main.go", f'package main\n\nimport _ "{LIB}"\n\nfunc main() {{}}\n')
        self.go("mod", "tidy")
        self.go("mod", "vendor")
        self.go("mod", "download", f"{LIB}@v1.0.0")

    def go(self, *words: str, **env: str) -> None:
        run(["go", *words], cwd=self.project, env={**self.env, **env}, check=True)

    def write(self, name: str, text: str) -> None:
        (self.project / name).write_text(text)

    def look(self, name: str) -> Finding:
        probe = diagnostics()[name]
        assert isinstance(probe, Probe)
        view = GoView(OwnMachine(self.project, self.env), 20)
        return probe.ask(view, Subject(LIB, "v1.0.0"), 20)


@pytest.fixture
def desk(tmp_path: Path, disk: Path) -> Desk:
    return Desk(tmp_path, disk)


LOCAL = (
    "module-cache",
    "vendor-tree",
    "replacements",
    "settings",
    "gosum-database",
    "project-loads",
    "offline-complete",
    "sumdb-state",
)


def contents(folder: Path) -> Mapping[Path, bytes | None]:
    return {
        path: None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if ".config" not in path.parts  # go counts its own runs there
    }


def test_a_healthy_project_is_quiet_and_stays_as_it_is(desk: Desk) -> None:
    before = contents(desk.project.parent)
    found = {name: desk.look(name) for name in LOCAL}
    assert {one.state for one in found.values()} == {"quiet"}, found
    assert found["vendor-tree"].said == "the same as made anew"
    assert contents(desk.project.parent) == before


def test_a_go_sum_that_lacks_lines_is_not_completed(desk: Desk) -> None:
    desk.write("go.sum", "")
    for name in LOCAL:
        desk.look(name)
    assert (desk.project / "go.sum").read_text() == ""


def edited_source(desk: Desk) -> None:
    file = desk.cache / "x.example" / "!lib@v1.0.0" / "lib.go"
    file.chmod(0o644)
    file.write_text("package lib // stolen\n")


def other_zip(desk: Desk) -> None:
    folder = desk.cache / "cache" / "download" / "x.example" / "!lib" / "@v"
    (folder / "v1.0.0.ziphash").write_text(h1({"a": b"b"}))


def other_mod(desk: Desk) -> None:
    folder = desk.cache / "cache" / "download" / "x.example" / "!lib" / "@v"
    (folder / "v1.0.0.mod").write_text(f"module {LIB}\n\ngo 1.21\n")


def other_info(desk: Desk) -> None:
    folder = desk.cache / "cache" / "download" / "x.example" / "!lib" / "@v"
    (folder / "v1.1.0.info").write_text('{"Version": "v1.0.0"}')


def edited_vendor(desk: Desk) -> None:
    desk.write(f"vendor/{LIB}/lib.go", "package lib // v1.0.1\n")


def added_to_vendor(desk: Desk) -> None:
    desk.write(f"vendor/{LIB}/more.go", "package lib\n")


def gone_from_vendor(desk: Desk) -> None:
    (desk.project / "vendor" / LIB / "lib.go").unlink()


def go_mod_moved_on(desk: Desk) -> None:
    desk.write("go.mod", GO_MOD.replace("v1.0.0", "v1.1.0"))


def replaced_by_nothing(desk: Desk) -> None:
    desk.write("go.mod", f"{GO_MOD}\nreplace {LIB} => ./fork\n")


def replaced_by_no_module(desk: Desk) -> None:
    replaced_by_nothing(desk)
    (desk.project / "fork").mkdir()
    desk.write("fork/lib.go", "package lib\n")


def broken_zip(desk: Desk) -> None:
    folder = desk.cache / "cache" / "download" / "x.example" / "!lib" / "@v"
    (folder / "v1.0.0.zip").write_bytes(b"PK")


def no_list_of_vendor(desk: Desk) -> None:
    (desk.project / "vendor" / "modules.txt").unlink()


def vendor_asked_for(desk: Desk) -> None:
    rmtree(desk.project / "vendor")
    desk.env["GOFLAGS"] = "-mod=vendor"


def sum_gone(desk: Desk) -> None:
    rmtree(desk.project / "vendor")
    lines = (desk.project / "go.sum").read_text().splitlines(keepends=True)
    others = "".join(line for line in lines if "/go.mod" in line)
    desk.write("go.sum", f"{others}y.example/other v1.0.0 h1:{'A' * 43}=\n")


def workspace_of_nothing(desk: Desk) -> None:
    desk.write("go.work", "go 1.21\n\nuse (\n\t.\n\t./gone\n)\n")


def newer_than_here(desk: Desk) -> None:
    desk.write("go.mod", GO_MOD.replace("go 1.21", "go 1.998.0"))


DAMAGE: list[tuple[Callable[[Desk], None], str, str]] = [
    (edited_source, "module-cache", "dir has been modified"),
    (other_zip, "module-cache", "another hash in go.sum"),
    (other_mod, "module-cache", "another hash in go.sum"),
    (other_info, "module-cache", "v1.1.0.info says v1.0.0"),
    (edited_vendor, "vendor-tree", "lib.go is not as its module has it"),
    (added_to_vendor, "vendor-tree", "more.go is in no module"),
    (gone_from_vendor, "vendor-tree", "is not there"),
    (go_mod_moved_on, "vendor-tree", "v1.1.0 in go.mod and v1.0.0 in vendor"),
    (broken_zip, "module-cache", "not a valid zip"),
    (no_list_of_vendor, "project-loads", "inconsistent vendoring"),
    (vendor_asked_for, "project-loads", "inconsistent vendoring"),
    (sum_gone, "project-loads", "missing go.sum entry"),
    (workspace_of_nothing, "project-loads", "go.work"),
    (newer_than_here, "project-loads", "requires go >= 1.998.0"),
    (replaced_by_nothing, "replacements", "which is not there"),
    (replaced_by_no_module, "replacements", "which has no go.mod"),
]


@pytest.mark.parametrize(
    ("damage", "probe", "said"), DAMAGE, ids=[one[0].__name__ for one in DAMAGE]
)
def test_damage_is_found(desk: Desk, damage: Callable[[Desk], None], probe: str, said: str) -> None:
    damage(desk)
    found = desk.look(probe)
    assert (found.state, said in found.said) == ("alarm", True), found


def test_what_nobody_builds_may_be_added_or_left_out(desk: Desk) -> None:
    desk.write("vendor/.gitignore", "*.exe\n")
    folder = desk.cache / "cache" / "download" / "x.example" / "!lib" / "@v"
    (folder / "v1.info").write_text('{"Version": "v1.1.0"}')
    (folder / "v2.0.0.info").write_text('{"Version": "v2.0.0+incompatible"}')
    assert {desk.look(name).state for name in ("vendor-tree", "module-cache")} == {"quiet"}


def test_the_vendor_directory_of_a_workspace_is_left_alone(desk: Desk) -> None:
    desk.write("vendor/modules.txt", "## workspace\n# other.example/m v1.0.0\n")
    assert "of a workspace" in desk.look("vendor-tree").said


def test_without_the_modules_vendor_is_compared_with_its_list_alone(desk: Desk) -> None:
    desk.go("clean", "-modcache")
    desk.env["GOPROXY"] = "off"
    assert "are not here" in desk.look("vendor-tree").said


GOOD, OTHER = "h1:good=", "h1:other="
RECORD = f"7\n{LIB} v1.0.0 {GOOD}\n{LIB} v1.0.0/go.mod {GOOD}\n\ngo.sum database tree\n"
LOOKUP = "sumdb/sum.golang.org/lookup/x.example/!lib@v1.0.0"


def machine(sums: str, **env: str) -> FakeMachine:
    project = "/home/me/project"
    files = {f"{project}/go.mod": GO_MOD, f"{project}/go.sum": sums}
    answers = {f"{PUBLIC}/{LOOKUP}": ok(RECORD), f"{PUBLIC}/sumdb/sum.golang.org/supported": ok("")}
    return FakeMachine(answers, env={"GOMODCACHE": "/cache", **env}, files=files)


@pytest.mark.parametrize("env", [{}, {"GOSUMDB": "off"}, {"GONOSUMDB": "*"}], ids=str)
def test_go_sum_is_compared_with_the_database(env: dict[str, str]) -> None:
    same = machine(f"{LIB} v1.0.0 {GOOD}\n", **env)
    assert look("gosum-database", same, LIB).said == "1 of 1 module compared"
    wrong = machine(f"{LIB} v1.0.0 {GOOD}\n{LIB} v1.0.0/go.mod {OTHER}\n", **env)
    found = look("gosum-database", wrong, LIB)
    assert (found.state, found.said) == (
        "alarm",
        f"{LIB} v1.0.0/go.mod: {OTHER} in go.sum, {GOOD} in the database",
    )


def test_the_module_cache_is_compared_where_go_sum_has_no_line() -> None:
    here = machine("", GOSUMDB="off")
    here.files[f"/cache/cache/download/{ZIP}.ziphash"] = OTHER
    found = look("gosum-database", here, LIB)
    assert (found.state, "in the module cache" in found.said) == ("alarm", True)


@pytest.mark.parametrize(
    "env",
    [
        {"GOPRIVATE": "x.example"},
        {"GOSUMDB": "off", "GOPROXY": "https://modules.corp.example"},
        {"GONOSUMDB": "*", "GOPROXY": "direct"},
        {"GONOSUMDB": "x.example", "GONOPROXY": "x.example"},
    ],
    ids=str,
)
def test_no_name_goes_where_the_settings_do_not_send_it(env: dict[str, str]) -> None:
    here = machine(f"{LIB} v1.0.0 {OTHER}\n", **env)
    assert look("gosum-database", here, LIB).state == "quiet"
    assert here.contacted == []


def test_a_database_that_does_not_answer_is_anothers_business() -> None:
    here = machine(f"{LIB} v1.0.0 {OTHER}\n")
    here.answers[f"{PUBLIC}/{LOOKUP}"] = status(503)
    assert look("gosum-database", here, LIB).state == "quiet"
