"""An interrupt at any moment ends golab with 130 and one line, twice in a row, too."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.interrupts import Interrupts
from tests.lab.golab import COMMAND, watches

# Counts calls, Python's and C's, from where golab watches, and interrupts it at one of them.
_AT_A_CALL = """
import signal, sys
left = int(sys.argv.pop(1))
signal.signal(signal.SIGINT, signal.default_int_handler)
def count(frame, event, argument):
    global left
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        left -= 1
        if left <= 0:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
sys.setprofile(count)
from lab.__main__ import main
main()
"""
SAID = "golab: interrupted; nothing is left behind\n"
AGAIN = "golab: ending its labs, so that nothing is left behind\n"


@pytest.mark.parametrize(
    "share",
    [0, 1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)],
)
def test_an_interrupt_at_any_call_is_an_interrupt(share: int) -> None:
    """`validate` loads modules, builds models, reads YAML and compiles patterns."""
    ended = 0
    for calls in [
        1,
        2,
        50,
        500,
        5_000,
        20_000,
        50_000,
        100_000,
        150_000,
        200_000,
        300_000,
        500_000,
    ][share::4]:
        done = subprocess.run(
            [sys.executable, "-c", _AT_A_CALL, str(calls), "validate"],
            capture_output=True,
            text=True,
        )
        assert "Traceback" not in done.stderr, done
        if done.returncode == 0:
            continue
        assert (done.returncode, done.stderr.replace(AGAIN, "")) == (130, SAID), (calls, done)
        ended += 1
    assert ended


def test_it_waits_while_it_must_not_come_up() -> None:
    found = Interrupts()
    steps = []

    def held() -> None:
        with found:
            found._handle()
            steps.append("still here")
            with found:
                steps.append("and here")
            steps.append("even here")
            raise ValueError("a model that cannot be built")

    with pytest.raises(KeyboardInterrupt):
        held()
    assert steps == ["still here", "and here", "even here"]
    with found:  # that was it
        pass
    with pytest.raises(KeyboardInterrupt):
        found.check()
    found.forget()
    found.check()


def test_it_comes_up_at_once_elsewhere_and_only_once(capfd: pytest.CaptureFixture[str]) -> None:
    found = Interrupts()
    with pytest.raises(KeyboardInterrupt):
        found._handle()
    found._handle()
    assert capfd.readouterr().err == AGAIN
    found._first = time.monotonic() - 16
    with pytest.raises(KeyboardInterrupt):
        found._handle()
    assert found.gave_up


def test_what_goes_wrong_after_an_interrupt_is_its_doing() -> None:
    """C code that was interrupted may say that a shipped file is wrong."""
    script = """
import signal, sys
import lab.cli.list_ as command
from lab.errors import ScenarioError
from lab.interrupts import INTERRUPTS
def listed(family):
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise ScenarioError(["base.yaml:1:1: must be a mapping, not a mapping"]) from None
command.of_family = listed
sys.argv = ["golab", "list"]
from lab.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout) == (130, SAID, "")


def test_an_interrupt_that_python_swallows_comes_again() -> None:
    script = """
import signal, sys, time
import lab.cli.list_ as command
class Swallows:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
def listed(family):
    Swallows()
    time.sleep(20)
command.of_family = listed
sys.argv = ["golab", "list"]
from lab.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr, done.stdout) == (130, SAID, "")


@pytest.mark.slow
def test_an_interrupt_while_models_are_built_is_no_error_of_them() -> None:
    """pydantic's C code meets it where nothing of Python is called, so only a timer comes there."""
    script = """
import os, signal, sys
from lab.interrupts import INTERRUPTS
from lab.scenario.load import find
import lab.scenario.check, lab.world.check
for moment in range(2, 161, 2):
    if os.fork():
        if status := os.waitstatus_to_exitcode(os.wait()[1]):
            sys.exit(f"after {moment * 2} ms: status {status}")
        continue
    signal.signal(signal.SIGALRM, INTERRUPTS._handle)
    try:
        signal.setitimer(signal.ITIMER_REAL, moment * 0.002)
        find("auth-fallback").runs()
        os._exit(0)
    except KeyboardInterrupt:
        os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_double_interrupts_of_real_runs() -> None:
    """From when golab has its first line: until then the interpreter answers by itself."""
    chosen = random.Random(7)
    for _ in range(8):
        process = subprocess.Popen(
            [COMMAND, "run", "auth-fallback", "-v"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while process.poll() is None and not watches(process.pid):
            time.sleep(0.002)
        time.sleep(chosen.uniform(0, 1.2))
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(chosen.choice([0, 0.001, 0.02]))
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        if process.returncode == 130:
            assert err.replace(AGAIN, "") == SAID
        else:
            assert process.returncode == 0, (process.returncode, err)
            assert "REPRODUCED" in out


SCRIPT = """
import lab.cli
from lab.__main__ import main

lab.cli.main = lambda: exec("raise KeyboardInterrupt")
main()
"""


def test_an_interrupt_while_python_makes_a_class_is_an_interrupt_like_any_other(
    tmp_path: Path,
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "script"], cwd=tmp_path, capture_output=True, text=True
    )
    said = "golab: interrupted; nothing is left behind\n"
    assert (done.returncode, done.stderr) == (130, said)
