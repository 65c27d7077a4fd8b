"""`golab origin serve -- COMMAND`: the world is there as long as the command, and golab ends so."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pexpect
import pytest

from lab.go.toolchain import Toolchain
from tests.lab.origin.test_cli import SERVE

COUNT = """\
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
print("ready", flush=True)
count, wait = 0, 30
while signal.sigtimedwait({signal.SIGINT}, wait):
    count, wait = count + 1, 1
    print("one", flush=True)
print("interrupted", count, flush=True)
raise SystemExit(6)
"""


def environment(cache: Path) -> dict[str, str]:
    return {**os.environ, "GOLAB_CACHE": str(cache), "PYTHONPATH": str(Path.cwd())}


def served(cache: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SERVE, *words], env=environment(cache), cwd="/", input=given, capture_output=True,
        text=True, timeout=60,
    )  # fmt: skip


def test_a_command_without_a_name_is_wrong_usage(tmp_path: Path) -> None:
    done = served(tmp_path, "--", "")
    said = "golab: which command? what stands first behind -- is empty\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


@pytest.mark.parametrize("options", [[], ["--tls"]])
def test_a_command_has_the_world_and_its_streams_and_golab_its_status(
    toolchain: Toolchain, tmp_path: Path, options: list[str]
) -> None:
    go = toolchain.goroot / "bin" / "go"
    script = f"cat; {go} list -m -versions github.com/spf13/cobra; echo bad >&2; exit 7"
    done = served(tmp_path, *options, "--", "sh", "-c", script, given="given\n")
    assert done.stdout == "given\ngithub.com/spf13/cobra v1.6.1 v1.7.0 v1.8.0 v1.8.1\n"
    assert (done.returncode, done.stderr) == (7, "bad\n")


def test_how_a_command_ends_that_does_not_exit(tmp_path: Path) -> None:
    assert served(tmp_path, "--", "sh", "-c", "kill -KILL $$").returncode == 137
    for word, status in (("no-such", 127), ("/etc/passwd", 126)):
        done = served(tmp_path, "--", word)
        assert (done.returncode, done.stderr.count("\n")) == (status, 1)
        assert done.stderr.startswith(f"golab: {word}: ")
    refused = served(tmp_path, "--json", "--", "true")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_for_golab_is_for_the_command(tmp_path: Path, name: str) -> None:
    script = f"trap 'echo {name}; exit 5' {name[3:]}; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen(
        [*SERVE, "--", "sh", "-c", script],
        env=environment(tmp_path), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.Signals[name])
        out, errors = process.communicate(timeout=20)
    assert (process.returncode, out, errors) == (5, f"{name}\n", "")


def test_an_interrupt_of_the_terminal_comes_to_the_command_once(tmp_path: Path) -> None:
    words = [*SERVE[1:], "--", SERVE[0], "-c", COUNT]
    terminal = pexpect.spawn(
        SERVE[0], words, env=environment(tmp_path), timeout=40, encoding="utf8"
    )
    terminal.expect("ready")
    for _ in range(5):  # two that come at the same instant may be seen as one
        terminal.sendcontrol("c")
        terminal.expect("one\r\n")
    terminal.expect("interrupted 5\r\n")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 6
