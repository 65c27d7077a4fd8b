"""What ended a command: with a real shell, in which real programs are killed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lab.diagnostics.documented import load
from lab.diagnostics.interface import Target
from lab.sandbox.interface import Completed
from lab.spec.termination import PROGRAMS, REPORTED, ended, ran_out, watched

AT = Target("m.example/m", "v1", "v1", "https://proxy.example")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A PATH on which each watched program is a script that does what $DO says."""
    for name in PROGRAMS:
        (tmp_path / name).write_text('#!/bin/sh\neval "$DO"\n', encoding="ascii")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(command: str, place: Path, do: str, *, shell: str = "sh") -> tuple[Completed, str]:
    argv = watched(command)
    assert argv[:2] == ["sh", "-c"]
    done = subprocess.run(
        [shell, *argv[1:]],
        env={**os.environ, "PATH": f"{place}:{os.environ['PATH']}", "DO": do},
        capture_output=True,
        text=True,
        timeout=20,
    )
    seen = Completed(tuple(argv), done.returncode, done.stdout, done.stderr, 0.1)
    return ended(seen, command)


KILLED = "printf half; printf 50% >&2; kill -KILL $$"


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
@pytest.mark.parametrize(
    "command",
    [
        "curl -sI https://x | head -n 1",
        "curl -I x || echo unreachable",
        "GOPROXY=https://x curl x; true",
        "x=$(curl x); echo $x",
        "(curl x) > /dev/null; true",
        "curl x 2>&1 | cat",
    ],
)
def test_a_killed_program_is_seen_wherever_it_stands_in_a_line(
    command: str, shell: str, place: Path
) -> None:
    found = shutil.which(shell)
    if not found:
        pytest.skip(f"{shell} is not installed")
    (place / "sh").symlink_to(found)  # busybox goes by its name
    done, error = run(command, place, KILLED, shell=str(place / "sh"))
    assert error == "curl ended by SIGKILL"
    assert done.exit == 0
    assert "golab:" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["curl x | head -n 1", "curl x || false", "curl x && true"])
@pytest.mark.parametrize("status", [0, 1, 2, 127, 128, 129, 130, 141, 255])
def test_an_exit_status_of_its_own_is_no_signal(command: str, status: int, place: Path) -> None:
    assert run(command, place, f"exit {status}")[1] == ""


@pytest.mark.parametrize(("status", "expected"), [(0, 8), (7, 9), (141, 9)])
def test_the_line_goes_by_the_status_of_its_programs(
    status: int, expected: int, place: Path
) -> None:
    assert run("curl x || exit 9; exit 8", place, f"exit {status}")[0].exit == expected


@pytest.mark.parametrize(("number", "name"), [(6, "SIGABRT"), (11, "SIGSEGV"), (15, "SIGTERM")])
def test_what_a_shell_reports_of_a_program_it_does_not_watch(
    number: int, name: str, place: Path
) -> None:
    done, error = run(f"true; sh -c 'kill -{number} $$'", place, "")
    assert (done.exit, error) == (128 + number, f"ended by {name}")


def test_the_line_itself_is_as_it_was(place: Path) -> None:
    command = """A='a b' go "x  y" '$z' 2>&1 | sed s/a/A/ >&2; exit 3"""
    done, error = run(command, place, 'printf "%s|" "$A" "$@"')
    assert (done.exit, done.stdout, done.stderr, error) == (3, "", "A b|x  y|$z|", "")
    assert done.argv == ("sh", "-c", command)


def test_a_command_without_a_shell_is_left_alone() -> None:
    assert watched("go list -m all") == ["go", "list", "-m", "all"]
    assert watched(["go", "list"]) == ["go", "list"]
    assert watched("echo a | cat") == ["sh", "-c", "echo a | cat"]


def test_every_program_of_a_documented_diagnostic_is_watched() -> None:
    for documented in (one for one in load().values() if not one.spec.unavailable):
        assert set(documented.spec.needs) <= set(PROGRAMS), documented.id
        line = watched(documented.shown(AT))
        if line[0] != "sh":
            continue
        for program in documented.spec.needs:  # some are called by another, such as git by go
            called = re.search(rf"\b{program}\b", documented.shown(AT))
            assert not called or f"{program}() {{" in line[2]


GIT = "go: m.example/m: git fetch -f origin in /y: signal: killed:\n"


@pytest.mark.parametrize(
    ("exit_", "hit", "stderr", "error"),
    [
        (0, "", "", ""),
        (None, "", "x: no space left on device", ""),
        (0, "output", "", "hit the lab's limit on output"),
        (-9, "memory", "", "hit the lab's limit on memory"),
        (-9, "", "", "ended by SIGKILL"),
        (-13, "", "", "ended by SIGPIPE"),
        (137, "", "", "ended by SIGKILL"),
        (129, "", "", ""),
        (
            1,
            "",
            GIT,
            "a program that it started: signal: killed",
        ),
        (0, "", GIT, ""),
        (1, "", "go: open /x: too many open files\n", "too many open files"),
        (0, "", "curl: (23) Failed: No space left on device\n", "no space left on device"),
        (2, "", "sh: 1: Cannot fork\n", "cannot fork"),
        (
            2,
            "",
            "runtime: may need to increase max user processes (ulimit -u)\nfatal error: no\n",
            "may need to increase max user processes (ulimit -u)",
        ),
        (1, "", "\tserver response: no space left on device\n", ""),
        (1, "", "go: too many open files in this module\n", ""),
    ],
)
def test_what_is_known_of_a_program(exit_: int | None, hit: str, stderr: str, error: str) -> None:
    done = Completed(("go",), exit_, "", stderr, 0.1, hit)
    assert ended(done, ["go"]).error == error


def test_a_status_that_the_scenario_expects_is_its_own_doing() -> None:
    for status in REPORTED:
        done = Completed(("go",), status, "", "", 0.1)
        assert ended(done, ["go"], allowed=status).error == ""
        assert ended(done, ["go"], allowed="failure").error != ""


def test_what_ran_out_is_found_in_golabs_own_words() -> None:
    assert ran_out("cannot allocate memory") == "cannot allocate memory"
    assert ran_out("connection refused") == ""
