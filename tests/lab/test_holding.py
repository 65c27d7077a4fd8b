"""A lab by hand: up, exec, shell, fault, logs, ps, down, the same in both backends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from lab.errors import LabError
from lab.holding import start
from lab.holding.registry import folder

LAB = "auth-fallback"
ASKED = "go list -m -versions git.corp.example/lib"
NSENTER = shutil.which("nsenter")
GOLAB = [sys.executable, "-m", "lab"]


def golab(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*GOLAB, *args],
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def labs() -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(golab("ps", "--json").stdout)
    return found


def running(lab: str) -> str:
    """Return the command lines of everything that runs in a lab."""
    return golab("exec", lab, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout


@pytest.fixture(autouse=True, scope="module")
def _own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
        yield


@pytest.fixture(scope="module", params=["local", pytest.param("docker", marks=pytest.mark.docker)])
def backend(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if name == "docker":
        from lab.errors import UnfitError
        from lab.sandbox.docker import images
        from lab.sandbox.docker.engine import connect
        from lab.toolchain import named

        try:
            images.check(connect(), named(None))
        except UnfitError as error:
            pytest.skip(str(error))
    return name


def up(backend: str) -> str:
    done = golab("up", LAB, "--arm", "broken", "--backend", backend)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def lab_id(backend: str) -> Iterator[str]:
    """A lab that the tests of a backend share; they put back what they change."""
    made = up(backend)
    yield made
    golab("down", made)


@pytest.fixture
def own_lab(backend: str) -> Iterator[str]:
    """A lab to take down."""
    made = up(backend)
    yield made
    golab("down", made)


def test_ps_says_what_is_up(lab_id: str, backend: str) -> None:
    header, *rows = golab("ps").stdout.splitlines()
    assert header.split() == [
        "LAB",
        "SCENARIO",
        "ARM",
        "BACKEND",
        "GO",
        "UP",
        "SINCE",
        "HELD",
        "BY",
    ]
    (row,) = [row.split(maxsplit=6) for row in rows if row.startswith(lab_id)]
    assert row[1:4] == [LAB, "broken", backend]
    (known,) = [lab for lab in labs() if lab["lab"] == lab_id]
    assert (row[4], row[5], row[6]) == (known["go"], known["since"], known["holder"])
    assert re.fullmatch(r"process \d+", known["holder"])


def test_exec_streams_as_it_comes(lab_id: str) -> None:
    script = "echo first; read -r line; echo got $line; echo bad >&2; cat; exit 7"
    with subprocess.Popen(
        [*GOLAB, "exec", lab_id, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "first\n"  # though nothing has ended yet
        rest, errors = process.communicate("second\nthird\n", timeout=20)
    assert (rest, errors, process.returncode) == ("got second\nthird\n", "bad\n", 7)


def test_exec_passes_every_byte_both_ways(lab_id: str) -> None:
    sent = os.urandom(3_000_000)
    done = subprocess.run([*GOLAB, "exec", lab_id, "cat"], input=sent, capture_output=True)
    assert (done.returncode, done.stdout == sent) == (0, True)


def test_exec_is_the_client(lab_id: str) -> None:
    broken = golab("exec", lab_id, *ASKED.split())
    assert (broken.returncode, broken.stdout.strip()) == (0, "git.corp.example/lib")
    said = golab("exec", lab_id, "pwd; env; grep -h Cap /proc/self/status").stdout
    assert said.startswith("/lab/home/project\n")
    assert "GOPROXY=https://proxy.corp.example\n" in said
    assert not re.search("(?m)^(TERM|PS1|GOLAB.*|XDG_RUNTIME_DIR)=", said)
    assert re.search(r"(?m)^CapEff:\s+0+$", said)
    assert golab("exec", lab_id, "--", "sh", "-c", "exit 4").returncode == 4
    unknown = golab("exec", lab_id, "no-such", "--help")
    assert (unknown.returncode, unknown.stderr) == (127, "no-such: not found in the lab\n")
    assert golab("exec", "--limit", "0.5", lab_id, "sleep", "7001").returncode == 124
    assert "sleep 7001" not in running(lab_id)


def started(lab: str, script: str) -> subprocess.Popen[str]:
    """Run a script that says `ready` in a lab, with more on its standard input than it reads."""
    process = subprocess.Popen(
        ["sh", "-c", 'yes | exec "$@"', "sh", *GOLAB, "exec", lab, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def pid_of(process: subprocess.Popen[str]) -> int:
    """Return which process is golab: the last of the pipeline."""
    children = subprocess.run(
        ["ps", "--no-headers", "-o", "pid,args", "--ppid", str(process.pid)],
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    (pid,) = [line.split()[0] for line in children if "lab exec" in line]
    return int(pid)


def test_an_interrupt_ends_the_command_and_a_second_one_kills_it(lab_id: str) -> None:
    process = started(lab_id, "echo ready; exec sleep 7002")
    os.kill(pid_of(process), signal.SIGINT)
    assert process.wait(10) == 130
    process = started(lab_id, 'trap "echo no" INT; echo ready; while :; do sleep 0.1; done')
    os.kill(pid_of(process), signal.SIGINT)
    assert process.stdout
    assert process.stdout.readline() == "no\n"
    os.kill(pid_of(process), signal.SIGINT)
    assert process.wait(10) == 130
    left = running(lab_id)
    assert "sleep 7002" not in left
    assert "trap" not in left


def test_an_interrupt_before_the_command_has_begun(
    lab_id: str, backend: str, tmp_path: Path
) -> None:
    if backend == "docker":
        pytest.skip("here a slow way into a local lab is what makes room for the interrupt")
    slow = tmp_path / "nsenter"
    slow.write_text(f'#!/bin/sh\ntouch {tmp_path}/on-its-way\nsleep 2\nexec {NSENTER} "$@"\n')
    slow.chmod(0o755)
    process = subprocess.Popen(
        [*GOLAB, "exec", lab_id, "echo begun"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 10
    while not (tmp_path / "on-its-way").exists() and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=20)
    assert (process.returncode, out) == (130, "")
    assert errors.startswith("golab: interrupted")


def test_a_command_does_not_outlive_golab(lab_id: str) -> None:
    process = started(
        lab_id, "trap '' INT TERM HUP; setsid sleep 7008 & echo ready; sleep 7003 & sleep 7004"
    )
    time.sleep(0.3)
    begun = running(lab_id)
    assert "sleep 7004" in begun
    assert "sleep 7008" in begun
    os.kill(pid_of(process), signal.SIGKILL)
    process.wait(10)
    end = time.monotonic() + 5
    while "sleep 700" in (left := running(lab_id)) and time.monotonic() < end:
        time.sleep(0.1)
    assert "sleep 700" not in left


def test_faults_and_logs(lab_id: str) -> None:
    following = subprocess.Popen(
        [*GOLAB, "logs", "--follow", lab_id], stdout=subprocess.PIPE, text=True
    )
    assert following.stdout
    golab("exec", lab_id, ASKED)
    asked = r"GET https://proxy.corp.example/git.corp.example/lib/@v/list  "
    line = next(line for line in following.stdout if asked in line)
    assert line.endswith(f"{asked}200 (origin 401)  fault auth-fallback: respond\n")
    following.send_signal(signal.SIGINT)
    assert following.wait(10) == 130
    assert re.search(rf"^{LAB} +on +fired \d", golab("fault", "list", lab_id).stdout)
    assert golab("fault", "off", lab_id, LAB).returncode == 0
    healthy = golab("exec", lab_id, ASKED)
    assert healthy.returncode == 1
    assert "token has expired" in healthy.stderr
    assert golab("fault", "on", lab_id, LAB).returncode == 0
    wrong = golab("fault", "off", lab_id, "no-such")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert f"it has {LAB}" in wrong.stderr
    records = [json.loads(line) for line in golab("logs", "--json", lab_id).stdout.splitlines()]
    assert {"dns", "tls", "http"} <= {record["kind"] for record in records}
    origin = golab("logs", "--origin", lab_id).stdout
    assert re.search(r"GET proxy.corp.example/git.corp.example/lib/@v/list  401", origin)


def test_a_shell_is_a_terminal_with_a_telling_prompt(lab_id: str) -> None:
    shell = pexpect.spawn(GOLAB[0], [*GOLAB[1:], "shell", lab_id], timeout=20, encoding="utf8")
    prompt = rf"{lab_id} auth-fallback broken\$ "
    shell.expect(prompt)
    shell.sendline("test -t 0 && stty size; echo $((40 + 2)) $GOPROXY")
    shell.expect("24 80")
    shell.expect("42 https://proxy.corp.example")
    shell.setwinsize(40, 100)
    time.sleep(0.5)
    shell.sendline("stty size")
    shell.expect("40 100")
    shell.sendline("echo begun; sleep 7005")
    shell.expect("begun\r\n")
    time.sleep(0.3)
    shell.sendcontrol("c")
    shell.expect(prompt)
    shell.sendline("sleep 7006 &")
    shell.expect(prompt)
    shell.sendline("exit 3")
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 3
    assert "sleep 7005" not in running(lab_id)


def test_the_terminal_is_given_back_when_the_lab_goes(own_lab: str) -> None:
    outer = pexpect.spawn(
        "sh", timeout=20, encoding="utf8", env={**os.environ, "PS1": "OUTER> ", "ENV": ""}
    )
    outer.expect("OUTER> ")
    outer.sendline("before=$(stty -g)")
    outer.expect("OUTER> ")
    outer.sendline(f"{' '.join(GOLAB)} shell {own_lab}")
    outer.expect(r"broken\$ ")
    outer.sendline("stty raw -echo; echo now; cat")
    outer.expect("now")
    assert golab("down", own_lab).returncode == 0
    outer.expect(f"golab: lab {own_lab} has gone.*OUTER> ")
    outer.sendline('echo "status $?"; test "$before" = "$(stty -g)" && echo the same')
    outer.expect("status 3\r\nthe same\r\n")
    outer.close()


def test_two_labs_of_one_scenario_are_told_apart(lab_id: str, own_lab: str) -> None:
    both = golab("exec", LAB, "true")
    assert both.returncode == 2
    assert lab_id in both.stderr
    assert own_lab in both.stderr
    beginning = next(n for n in range(1, 7) if own_lab[:n] != lab_id[:n])
    assert golab("exec", own_lab[:beginning], "true").returncode == 0
    assert golab("down", own_lab[:beginning]).stdout == f"{own_lab}\n"
    assert golab("exec", LAB, "true").returncode == 0
    assert golab("exec", own_lab, "true").returncode == 2


def test_a_wrong_name_keeps_no_lab_up(own_lab: str) -> None:
    done = golab("down", "no-such", own_lab, "nor-this")
    assert (done.returncode, done.stdout) == (2, f"{own_lab}\n")
    assert [line.split()[3] for line in done.stderr.splitlines()] == ["'no-such'", "'nor-this'"]
    assert own_lab not in golab("ps").stdout


def test_a_holder_that_is_stopped_is_mute_and_keeps_nobody_waiting(own_lab: str) -> None:
    (lab,) = [lab for lab in labs() if lab["lab"] == own_lab]
    holder = int(lab["holder"].split()[-1])
    os.kill(holder, signal.SIGSTOP)
    crowd = []
    try:
        for _ in range(200):  # as many as the holder has room for, and some
            crowd.append(socket.socket(socket.AF_UNIX))
            crowd[-1].setblocking(False)
            try:
                crowd[-1].connect(f"{folder()}/{own_lab}.sock")
            except BlockingIOError:
                break
        else:
            pytest.fail("the holder has room for everybody")
        began = time.monotonic()
        shown = golab("ps").stdout
        assert f"process {holder}, which is mute" in shown
        assert time.monotonic() - began < 10
        done = golab("down", own_lab)
        said = f"process {holder}, is mute for 20 s; `kill -KILL {holder}` ends it, and its lab\n"
        assert (done.returncode, done.stdout, done.stderr.endswith(said)) == (3, "", True)
        assert time.monotonic() - began < 40
    finally:
        for one in crowd:
            one.close()
        os.kill(holder, signal.SIGCONT)
    assert not any(lab["mute"] for lab in labs())


def test_a_lab_that_ended_by_itself_is_up_no_more(own_lab: str, backend: str) -> None:
    if backend == "docker":
        from lab.sandbox.docker import labels
        from lab.sandbox.docker.engine import connect

        engine = connect()
        mine = labels.selector(own_lab)["label"]
        chosen = {"label": [*mine, f"{labels.ROLE}=client"]}
        engine.api.remove_container(engine.api.containers(filters=chosen)[0]["Id"], force=True)
    else:
        (note,) = folder().glob(f"{own_lab}.json")
        first = re.search(r"--target (\d+) ", json.loads(note.read_text())["entrance"])
        assert first
        os.kill(int(first[1]), signal.SIGKILL)
    end = time.monotonic() + 15
    while list(folder().glob(f"{own_lab}*")) and time.monotonic() < end:  # its holder's to remove
        time.sleep(0.1)
    assert not list(folder().glob(f"{own_lab}*"))
    while own_lab in golab("ps").stdout and time.monotonic() < end:
        time.sleep(0.1)
    assert own_lab not in golab("ps").stdout
    done = golab("exec", own_lab, "true")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_holder_that_is_killed_takes_its_lab_along(own_lab: str) -> None:
    (lab,) = [lab for lab in labs() if lab["lab"] == own_lab]
    os.kill(int(lab["holder"].split()[-1]), signal.SIGKILL)
    time.sleep(3)
    golab("prune")
    assert own_lab not in golab("ps").stdout


def test_what_a_holder_that_crashed_said_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\necho Traceback >&2\necho 'MemoryError: no room' >&2\nexit 9\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(crashing))
    ended = r"^the process that was to hold the lab ended \(9\): MemoryError: no room$"
    with pytest.raises(LabError, match=ended):
        start.up(LAB, "broken", "local", None, say=print, progress=print)
    crashing.write_text("#!/bin/sh\nkill -KILL $$\n")
    with pytest.raises(LabError, match=r"^the process that was to hold the lab ended \(-9\)$"):
        start.up(LAB, "broken", "local", None, say=print, progress=print)


@pytest.mark.parametrize("after", [0.3, 0.7])
def test_an_interrupted_start_leaves_nothing(
    backend: str, after: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    known = {lab["lab"] for lab in labs()}
    process = subprocess.Popen(
        [*GOLAB, "up", LAB, "--backend", backend], stderr=subprocess.PIPE, text=True
    )
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    holders = subprocess.run(["ps", "ax", "-o", "args"], capture_output=True, text=True).stdout
    assert str(tmp_path) not in holders
    assert {lab["lab"] for lab in labs()} == known
    assert not list((tmp_path / f"golab-{os.getuid()}").iterdir())


def test_an_engine_that_does_not_answer_hides_no_local_lab() -> None:
    made = up("local")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        for port, said in ((1, "connection refused"), (mute.getsockname()[1], "timed out")):
            place = f"tcp://127.0.0.1:{port}"
            started = time.monotonic()
            shown = golab("ps", DOCKER_HOST=place)
            assert time.monotonic() - started < 15
            assert (shown.returncode, shown.stderr.count("\n")) == (0, 1)
            assert made in shown.stdout
            assert f"{place} ({said})" in shown.stderr
    dead = {"DOCKER_HOST": "tcp://127.0.0.1:1"}
    for args, status in ((("down", "nope"), 2), (("prune",), 3), (("down", made), 0)):
        done = golab(*args, **dead)
        assert (done.returncode, done.stderr.count("\n")) == (status, min(status, 1)), args


def test_the_arm_is_known_to_whoever_sees_the_lab_from_elsewhere(
    lab_id: str, backend: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if backend == "local":
        pytest.skip("a local lab is seen from nowhere else")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (lab,) = [lab for lab in labs() if lab["lab"] == lab_id]
    assert (lab["scenario"], lab["arm"], lab["backend"]) == (LAB, "broken", "docker")


@pytest.mark.docker
def test_a_lab_of_another_machine_is_shown_and_removed_by_its_labels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from lab.errors import UnfitError
    from lab.sandbox.docker import labels
    from lab.sandbox.docker.engine import connect

    try:
        engine = connect()
    except UnfitError as error:
        pytest.skip(str(error))
    name = f"far{os.getpid()}"
    marks = {labels.LAB: name, labels.SCENARIO: "stale-list", labels.OWNER: "elsewhere/b/4 77 1"}
    theirs = engine.networks.create(f"golab-{name}", internal=True, labels=marks)
    other = engine.networks.create(f"not-golabs-{name}", internal=True)
    try:
        golab("prune")  # its holder may be alive, over there
        (lab,) = [lab for lab in labs() if lab["lab"] == name]
        assert (lab["holder"], lab["scenario"]) == ("process 77 on elsewhere", "stale-list")
        assert golab("down", name[:-1]).stdout == f"{name}\n"
        left = {network.id for network in engine.networks.list()}
        assert theirs.id not in left
        assert other.id in left
    finally:
        for network in engine.networks.list(names=[f"golab-{name}", f"not-golabs-{name}"]):
            network.remove()
        engine.close()


def test_wrong_names_are_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    for args, said in (
        (("up", "no-such"), "no-such"),
        (("up", "dns-failure"), "3 variants"),
        (("exec", "no-such", "true"), "`golab up` it"),
        (("exec", "-t", "no-such", "true"), "needs a terminal"),
        (("down",), "--all ends every one"),
    ):
        done = golab(*args, DOCKER_HOST="")
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
