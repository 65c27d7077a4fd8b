"""The machine one sits at is seen by the same eyes as the client of a lab."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lab.diagnostics.interface import Subject
from lab.diagnostics.own import OwnMachine
from lab.diagnostics.probes import cold_download
from lab.diagnostics.project import copy
from lab.diagnostics.view import GoView
from lab.sandbox.agent import tree
from lab.sandbox.interface import Request

LIST = "/example.com/m/@v/list"


class Proxy(BaseHTTPRequestHandler):
    """Serves one list; what is below /slow comes late, below /moved from elsewhere."""

    def do_GET(self) -> None:
        if self.path.startswith("/slow"):
            time.sleep(2)
        moved = self.path.startswith("/moved")
        self.send_response(302 if moved else 200 if self.path == LIST else 404)
        if moved:
            self.send_header("Location", self.path.removeprefix("/moved"))
        self.end_headers()
        if self.path == LIST:
            self.wfile.write(b"v1.0.0\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def proxy() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture
def machine(tmp_path: Path, proxy: str) -> OwnMachine:
    (tmp_path / "go.mod").write_text("module x\n")
    settings = {"HOME": str(tmp_path), "GOENV": "off", "GOPROXY": proxy, "GOSUMDB": "off"}
    return OwnMachine(tmp_path, {"PATH": os.environ["PATH"], **settings})


def test_go_says_what_its_settings_are(machine: OwnMachine, proxy: str) -> None:
    view = GoView(machine, 5)
    assert (view.env.source, view.env["GOPROXY"]) == ("go env", proxy)
    assert view.env["GOMOD"] == f"{machine.project}/go.mod"
    bare = GoView(OwnMachine(machine.project, {**machine.env, "PATH": "/nowhere"}), 5)
    assert bare.env.source == "the environment; there is no go"
    assert bare.env["GOPROXY"] == proxy


def test_the_goenv_file_counts_where_there_is_no_go(machine: OwnMachine) -> None:
    file = Path(machine.project, "settings")
    ignored = "export GOSUMDB=on\n GOPROXY=off\n"  # as go does: cfg.readEnvFile
    file.write_text(f"GOPROXY=https://a.example,direct\n{ignored}GOPRIVATE=b.example\n")
    env = {"HOME": machine.project, "GOENV": str(file)}
    view = GoView(OwnMachine(machine.project, env), 5)
    assert view.env["GOPROXY"] == "https://a.example,direct"
    assert (view.env["GOSUMDB"], view.env["GONOPROXY"]) == ("sum.golang.org", "b.example")


def test_a_list_is_read_through_a_redirect(machine: OwnMachine, proxy: str) -> None:
    served = GoView(machine, 5).ask("example.com/m", "@v/list").served
    assert served
    assert served[1].body == b"v1.0.0\n"
    reply = GoView(machine, 5).get(f"{proxy}/moved{LIST}")
    assert (reply.ok, reply.urls[-1]) == (True, f"{proxy}{LIST}")


def test_what_takes_too_long_is_given_up(machine: OwnMachine, proxy: str) -> None:
    answer = machine.request(Request(f"{proxy}/slow", 0.3))
    assert (answer.error, answer.stage) == ("no answer within the limit", "headers")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        refused = machine.request(Request(f"http://127.0.0.1:{unused.getsockname()[1]}/", 5))
    assert (refused.error, refused.stage) == ("connection refused", "connect")


def test_a_program_that_hangs_ends_with_its_children(machine: OwnMachine) -> None:
    done = machine.run(["sh", "-c", "echo $$; sleep 60 & sleep 60"], limit=0.5)
    assert (done.exit, done.timed_out) == (None, True)
    group = int(done.stdout)
    for _ in range(200):  # killed, they take a moment to go
        alive = [pid for pid, _, of, _ in tree.processes() if of == group]
        if not alive:
            break
        time.sleep(0.02)
    assert not alive
    assert machine.run(["no-such-program"], limit=1).exit == 127


def test_files_are_read_listed_and_a_scratch_directory_removed(machine: OwnMachine) -> None:
    go_mod = f"{machine.project}/go.mod"
    assert machine.read([go_mod, "/no/such"]).found == {go_mod: b"module x\n"}
    assert [each.name for each in machine.listing(machine.project)] == ["go.mod"]
    with machine.scratch() as place:
        Path(place, "deep").mkdir()
        Path(place, "deep").chmod(0o500)
    assert not Path(place).exists()


@pytest.mark.parametrize("path", [".", "", "here"])
def test_no_program_of_the_project_is_taken_for_go(
    machine: OwnMachine, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(machine.project)
    for folder in (Path(machine.project), Path(machine.project, "here")):
        folder.mkdir(exist_ok=True)
        (folder / "go").write_text("#!/bin/sh\necho mine\n")
        (folder / "go").chmod(0o755)
    strange = OwnMachine(machine.project, {**machine.env, "PATH": f"{path}{os.pathsep}/nowhere"})
    assert not strange.has("go")
    assert strange.run(["go"], limit=5).exit == 127
    assert strange.env["PATH"] == "/nowhere"


def test_of_the_project_only_what_golab_would_read_is_copied(machine: OwnMachine) -> None:
    project = Path(machine.project)
    os.mkfifo(project / "pipe")
    (project / "endless").symlink_to("/dev/zero")
    with (project / "long").open("wb") as file:
        file.truncate(1 << 30)
    started = time.monotonic()
    with machine.scratch() as place:
        copy(machine, machine.project, ("go.mod", "go.sum", "pipe", "endless", "long"), place)
        assert [one.name for one in machine.listing(place)] == ["go.mod"]
    assert time.monotonic() - started < 5


def test_a_module_that_is_called_like_an_option_is_none_to_go(machine: OwnMachine) -> None:
    other = f"{machine.project}/other@v1.0.0-x.mod"
    Path(other).write_text("module a.example/x\n")
    name = other.removesuffix("@v1.0.0-x.mod")
    Path(machine.project, "go.mod").write_text(
        f"module x\n\nrequire -modfile={name} v1.0.0-x.mod\n"
    )
    finding = cold_download.check(GoView(machine, 5), Subject(""), 5)
    assert (finding.state, "malformed module path" in finding.said) == ("alarm", True)
