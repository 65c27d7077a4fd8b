"""Inside a lab that is held: exec, shell, faults and logs, the same in both backends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import termios
import time
from contextlib import suppress
from pathlib import Path

import pexpect

from tests.lab.daemon.byhand import ASKED, GOLAB, LAB, golab, labs, running
from tests.programs import needed


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
    flees = "setsid sh -c 'sleep 7011 & exit'; sleep 7012"
    assert golab("exec", "--limit", "0.5", lab_id, flees).returncode == 124
    assert "sleep 701" not in running(lab_id)


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
        [needed("ps"), "--no-headers", "-o", "pid,args", "--ppid", str(process.pid)],
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


def test_an_interrupt_before_the_command_has_begun(own_lab: str) -> None:
    (lab,) = [lab for lab in labs() if lab["lab"] == own_lab]
    holder = int(lab["holder"].split()[-1])
    os.kill(holder, signal.SIGSTOP)
    process = subprocess.Popen(
        [*GOLAB, "exec", own_lab, "touch begun"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 30
    while not waits_on_a_socket(process.pid):
        assert time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=20)
    os.kill(holder, signal.SIGCONT)
    assert (process.returncode, out) == (130, "")
    assert errors.startswith("golab: interrupted")
    assert "begun" not in golab("exec", own_lab, "ls").stdout


def waits_on_a_socket(pid: int) -> bool:
    """Tell whether a process has a socket open and sleeps."""
    with suppress(FileNotFoundError):  # it closes one meanwhile
        targets = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "S" and any(target.startswith("socket:") for target in targets)
    return False


def test_a_command_does_not_outlive_golab(lab_id: str) -> None:
    process = started(
        lab_id, "trap '' INT TERM HUP; setsid sleep 7008 & echo ready; sleep 7003 & sleep 7004"
    )
    end = time.monotonic() + 20
    while not {"7003", "7004", "7008"} <= set(begun := running(lab_id).split()):
        assert time.monotonic() < end, begun
        time.sleep(0.1)
    os.kill(pid_of(process), signal.SIGKILL)
    process.wait(10)
    end = time.monotonic() + 20
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
    assert line.endswith(f"{asked}200 (origin 401)  fault auth-fallback: auth-fallback\n")
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
    shell.sendline('until test "$(stty size)" = "40 100"; do sleep 0.1; done; echo resized')
    shell.expect("\r\nresized")
    shell.sendline("echo begun; sleep 7005")
    shell.expect("\r\nbegun\r\n")
    end = time.monotonic() + 20
    while "sleep 7005" not in running(lab_id) and time.monotonic() < end:
        time.sleep(0.1)
    shell.sendcontrol("c")
    shell.expect(prompt)
    shell.sendline("sleep 7006 &")
    shell.expect(prompt)
    shell.sendline("exit 3")
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 3
    assert "sleep 7005" not in running(lab_id)


def test_a_terminal_that_is_resized_while_much_is_shown_goes_on(lab_id: str) -> None:
    shell = pexpect.spawn(GOLAB[0], [*GOLAB[1:], "shell", lab_id], timeout=20, encoding="utf8")
    shell.expect(r"broken\$ ")
    shell.sendline("yes | head -c 1000000; echo ended; exit")
    shell.expect("y\r\n")
    for columns in range(60, 260):
        shell.setwinsize(24, columns)
        shell.read_nonblocking(5000)
    assert shell.read().endswith("\r\nended\r\n")
    shell.close()
    assert shell.exitstatus == 0


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


def test_the_terminal_is_given_back_when_a_shell_is_terminated(lab_id: str) -> None:
    ours, terminal = os.openpty()
    before = termios.tcgetattr(terminal)
    shell = subprocess.Popen(
        [*GOLAB, "shell", lab_id], stdin=terminal, stdout=terminal, stderr=terminal
    )
    try:
        shown = b""
        while b"$ " not in shown:
            shown += os.read(ours, 1024)
        assert termios.tcgetattr(terminal) != before
        shell.terminate()
        assert shell.wait(20) == 128 + signal.SIGTERM
        assert termios.tcgetattr(terminal) == before
    finally:
        shell.kill()
        shell.wait()
        os.close(ours)
        os.close(terminal)
