"""Tools that misbehave, in a real lab: the right outcome in a line, and nothing of them is left."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from lab.client import HOME, Client
from lab.diagnostics.interface import Finding, Target
from lab.diagnostics.tool import tool
from lab.go.toolchain import ensure
from lab.sandbox.local.backend import LocalLab
from tests.programs import needed

TARGET = Target("github.com/spf13/cobra", "v1.8.1", "v1.8.0", "https://proxy.golang.org")
HANGS = "sleep 100"
LIVES_ON = "setsid sh -c 'while :; do sleep 0.05; done' sleeper >/dev/null 2>&1 &"


def checked(
    client: Client, folder: Path, text: str | bytes, name: str = "t.sh", limit: float = 30
) -> Finding:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    mine = replace(tool(str(file)), limit=limit)
    return mine.check(client, TARGET, 1)


@pytest.mark.parametrize(
    ("script", "state", "said"),
    [
        (HANGS, "error", "still running after 2 s"),
        ("yes", "error", "hit the lab's limit on output"),
        (
            "for i in $(seq 800); do sleep 30 & done; wait",
            "error",
            "hit the lab's limit on processes",
        ),
        ("kill -SEGV $$", "error", "ended by SIGSEGV"),
        (r"printf '\377\376 stale\n'; exit 1", "alarm", "\ufffd\ufffd stale"),
        (r"printf '\033[2Jstale\n'; exit 1", "alarm", "\x1b[2Jstale"),
        ("kill -KILL -1 2>/dev/null; echo on; exit 1", "alarm", "on"),
        ("rm -rf / 2>/dev/null; echo x >/etc/x; exit 1", "alarm", None),
        ("echo x >/usr/x || echo refused", "quiet", "refused"),
        (LIVES_ON, "quiet", "prints nothing, exit 0"),
        ("exec no-such-program", "unavailable", "no-such-program: not found"),
    ],
)
def test_a_script(
    client: Client, running_lab: LocalLab, tmp_path: Path, script: str, state: str, said: str | None
) -> None:
    (tmp_path / "witness").write_text("kept")
    finding = checked(client, tmp_path, script, limit=2 if script == HANGS else 30)
    assert finding.state == state, finding.said
    if said:
        assert finding.said.endswith(said)
    assert "\n" not in finding.said
    assert (tmp_path / "witness").read_text() == "kept"
    running_lab.check()
    running_lab.fresh()
    client.lab.write({f"{client.project}/.keep": ""})
    places = client.run("ls /lab/home /tmp", limit=10).stdout.split()
    assert places == ["/lab/home:", "project", "/tmp:"]
    assert "sleeper" not in client.run("cat /proc/[0-9]*/cmdline", limit=10).stdout


def test_an_interpreter_or_a_library_that_the_client_has_not(
    client: Client, tmp_path: Path
) -> None:
    ruby = checked(client, tmp_path, "#!/opt/no/ruby\nputs 1\n")
    assert ruby == Finding("unavailable", "/opt/no/ruby is not installed where the client runs")
    program = Path(needed("true")).read_bytes()
    if b"libc.so.6" not in program or b"/ld-linux" not in program:
        pytest.skip("this machine's programs are of another libc")
    library = checked(client, tmp_path, program.replace(b"libc.so.6", b"libx.so.6"), "t")
    assert library.state == "unavailable"
    assert "libx.so.6" in library.said
    loader = checked(client, tmp_path, program.replace(b"/ld-linux", b"/xx-linux"), "t")
    assert loader.state == "unavailable"
    alien = bytearray(program)
    alien[18] ^= 0xFF  # e_machine
    assert checked(client, tmp_path, bytes(alien), "t") == Finding(
        "unavailable", f"{HOME}/tools/t/t: cannot be executed: Exec format error"
    )


def test_python_reads_what_lies_beside_it_and_runs_the_clients_go(
    client: Client, tmp_path: Path
) -> None:
    if not client.has("python3"):
        pytest.skip("the clients of this machine have no python3")
    (tmp_path / "beside.py").write_text("MODULE = 'GOLAB_MODULE'")
    (tmp_path / os.fsdecode(b"of a \xff name")).write_text("x")
    text = (
        "import os, subprocess, sys, beside\n"
        "module = os.environ[beside.MODULE]\n"
        "got = subprocess.run(['go', 'list', '-m', '-versions', module], capture_output=True)\n"
        "beside = os.listdir(os.fsencode(os.path.dirname(__file__)))\n"
        "print(got.stdout.decode().split()[-1], os.getcwd(), b'of a \\xff name' in beside)\n"
        "sys.exit(3)\n"
    )
    finding = checked(client, tmp_path, text, "t.py")
    assert finding == Finding("alarm", f"v1.8.1 {HOME}/project True")
    missing = checked(client, tmp_path, "import no_such_library\n", "t.py")
    assert missing.state == "unavailable"
    assert "no_such_library" in missing.said


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_static_go_program(client: Client, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "go.mod").write_text("module t.example/t\n\ngo 1.21\n")
    body = 'println(os.Getenv("GOLAB_PROXY")); os.Exit(1)'
    (source / "main.go").write_text(f'package main\n\nimport "os"\n\nfunc main() {{ {body} }}\n')
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOCACHE": str(tmp_path / "cache")}
    go = ensure().goroot / "bin" / "go"
    subprocess.run([go, "build", "-o", "t", "."], cwd=source, env=env, check=True)
    binary = (source / "t").read_bytes()
    shutil.rmtree(source)
    assert checked(client, tmp_path, binary, "canary") == Finding(
        "alarm", "https://proxy.golang.org"
    )
