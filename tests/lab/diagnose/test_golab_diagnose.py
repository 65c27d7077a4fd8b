"""`golab diagnose`, the program, on a project of this machine and an internet of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen, run
from typing import Any

import jsonschema
import pytest

from lab.go.toolchain import ensure
from lab.world.build import build
from lab.world.load import base_world
from tests.lab.golab import COMMAND
from tests.lab.origin.asking import internet
from tests.lab.report.sarif_schema import SARIF

MUX = "github.com/gorilla/mux"
GO_MOD = f"module a.example/b\n\ngo 1.21\n\nrequire {MUX} v1.8.0\n"


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("net")
    with internet(build(base_world(), folder), folder) as found:
        yield dict(found.env)


class Desk:
    """A user with a project, on that internet."""

    def __init__(self, folder: Path, net: dict[str, str]) -> None:
        self.project = folder / "project"
        self.project.mkdir()
        (self.project / "go.mod").write_text(GO_MOD)
        (self.project / "main.go").write_text(
            f'package main\n\nimport _ "{MUX}"\n\nfunc main() {{}}\n'
        )
        goroot = ensure().goroot
        self.env = {
            "PATH": f"{goroot}/bin:{os.environ['PATH']}",
            "HOME": str(folder),
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "-modcacherw",
            "GOPROXY": "https://proxy.golang.org",
            **net,
        }

    def go(self, *words: str, **env: str) -> None:
        run(["go", *words], cwd=self.project, env={**self.env, **env}, check=True)

    def __call__(self, *words: str, **env: str) -> CompletedProcess[str]:
        whole = {**self.env, "COLUMNS": "100", **env}
        command = [COMMAND, "diagnose", *words]
        return run(command, cwd=self.project, env=whole, capture_output=True, text=True, timeout=60)

    def found(self, *words: str, **env: str) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self("--json", *words, **env).stdout)
        return data


@pytest.fixture
def desk(tmp_path: Path, net: dict[str, str]) -> Desk:
    return Desk(tmp_path, net)


def alarms(found: dict[str, Any]) -> list[str]:
    return [one["id"] for one in found["findings"] if one["severity"] != "note"]


def test_a_healthy_project_has_no_findings_and_stays_as_it_is(desk: Desk) -> None:
    desk.go("mod", "tidy")
    desk.go("mod", "vendor")
    before = {path: path.read_bytes() for path in desk.project.rglob("*") if path.is_file()}
    done = desk("--json")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert before == {path: path.read_bytes() for path in desk.project.rglob("*") if path.is_file()}
    found = json.loads(done.stdout)
    said = {one["id"]: one["said"] for one in found["probes"]}
    assert said["gosum-database"] == "1 of 1 module compared"
    assert said["vendor-tree"] == "the same as made anew"


def test_findings_name_what_why_how_and_what_teaches(desk: Desk, tmp_path: Path) -> None:
    desk.go("mod", "tidy")
    sums = desk.project / "go.sum"
    sums.write_text(sums.read_text().replace("v1.8.0 h1:", "v1.8.0 h1:A"))
    sarif = tmp_path / "found.sarif"
    done = desk("--sarif", str(sarif), GOPRIVTE="git.corp.example")
    assert done.returncode == 1
    for word in ("error  gosum-database", "warning  variable-unknown", "golab run first-use-trust"):
        assert word in done.stdout
    assert done.stdout.index("error  gosum") < done.stdout.index("warning  variable")
    jsonschema.Draft7Validator(SARIF).validate(json.loads(sarif.read_text()))


@pytest.mark.parametrize(
    "login",
    ["me:hus,hed", *(pytest.param(one, marks=pytest.mark.slow) for one in ("me:hus%zz", "hushed"))],
)
def test_no_password_is_shown_whatever_is_wrong_with_it(desk: Desk, login: str) -> None:
    done = desk("--json", GOPROXY=f"https://{login}@proxy.golang.org")
    assert "hus" not in done.stdout + done.stderr
    assert json.loads(done.stdout)["probes"]


@pytest.mark.slow
def test_without_a_network_that_is_the_finding(desk: Desk) -> None:
    found = desk.found(HTTPS_PROXY="http://127.0.0.1:9")
    assert (found["offline"], alarms(found)[0]) == (True, "no-network")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ended", "status"),
    [(None, 1), (signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGHUP, -1)],
)
def test_a_proxy_that_says_nothing_leaves_nothing_behind(
    desk: Desk, ended: signal.Signals | None, status: int
) -> None:
    temporary = desk.project.parent / "tmp"
    temporary.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        proxy = f"http://127.0.0.1:{mute.getsockname()[1]}"
        whole = {**desk.env, "GOPROXY": proxy, "TMPDIR": str(temporary), "HTTPS_PROXY": ""}
        command = [COMMAND, "diagnose", "--limit", "1" if ended is None else "60"]
        with Popen(command, cwd=desk.project, env=whole, stdout=PIPE, stderr=PIPE) as process:
            if ended:
                until(lambda: processes(temporary) - {process.pid})
                process.send_signal(ended)
            process.communicate(timeout=60)
        assert process.returncode == status
        until(lambda: not processes(temporary))
        assert list(temporary.iterdir()) == []


def processes(temporary: Path) -> set[int]:
    """Return who has this as TMPDIR."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"TMPDIR={temporary}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.add(int(folder.name))
    return found


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_garbage_from_every_proxy_is_found_and_not_a_crash(desk: Desk) -> None:
    found = desk.found(GOPROXY="https://git.corp.example/there,https://sum.golang.org")
    assert alarms(found)
    assert not [one for one in found["probes"] if one["state"] == "error"]


def test_without_a_go_the_rest_is_looked_at(desk: Desk) -> None:
    (desk.project / "vendor").mkdir()
    (desk.project / "vendor" / "modules.txt").write_text(f"# {MUX} v1.7.0\n## explicit\n")
    found = desk.found(PATH="/nowhere")
    assert alarms(found) == ["vendor-tree"]
    assert [one["id"] for one in found["findings"] if one["severity"] == "note"] == ["without-go"]


@pytest.mark.slow
def test_a_module_can_be_named_where_there_is_no_project(desk: Desk) -> None:
    (desk.project / "go.mod").unlink()
    found = desk.found("--module", MUX)
    assert (found["modules"], alarms(found)) == ([MUX], [])


@pytest.mark.parametrize(
    ("go_mod", "words", "said"),
    [
        (None, (), "there is no go.mod here or above; name a module with --module"),
        ("module a\n\nrequier x v1\n", (), "go.mod:3: unknown directive: requier; mend the file"),
        (GO_MOD, ("--module", "a b"), "--module 'a b': "),
        (GO_MOD, ("nowhere",), "nowhere: there is no such directory"),
        (GO_MOD, ("--sarif", "/nowhere/x"), "cannot be written to /nowhere/x"),
    ],
)
def test_what_cannot_be_looked_at_is_said_in_a_line(
    desk: Desk, go_mod: str | None, words: tuple[str, ...], said: str
) -> None:
    (desk.project / "go.mod").unlink()
    if go_mod:
        (desk.project / "go.mod").write_text(go_mod)
    done = desk(*words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr


def test_a_go_mod_that_is_no_file_is_not_waited_for(desk: Desk) -> None:
    (desk.project / "go.mod").unlink()
    os.mkfifo(desk.project / "go.mod")
    done = desk()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"golab: {desk.project}/go.mod cannot be read: it is no file\n"
