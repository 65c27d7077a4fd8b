"""What is wrong with a command line, or with what it names, is one line and exit status 2."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from lab.cli import COMMANDS, cli
from tests.lab.golab import golab


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        ((), 2, "Usage: golab"),
        (("run",), 2, "golab: which scenario? `golab list` shows them"),
        (("run", "stale-list", "--all"), 2, "golab: name scenarios, or say --all"),
        (("run", "nonsense-zzz"), 2, "golab: no scenario 'nonsense-zzz'"),
        (("run", "nowhere.yaml"), 2, "golab: nowhere.yaml:1:1: cannot be read: No such file"),
        (("run", "--family", "autn"), 2, "golab: no family 'autn'; did you mean 'auth'?"),
        (("list", "--family", "autn"), 2, "golab: no family 'autn'; did you mean 'auth'?"),
        (("run", "stale-list", "--go", "1.3"), 2, "golab: go 1.3 is too old"),
        (("run", "stale-list", "--json", "/proc/x/y"), 2, "golab: the report cannot be written"),
        (("run", "stale-list", "--artifacts", "/proc/x"), 2, "golab: the artifacts cannot be"),
        (
            ("run", "stale-list", "--artifacts", "-"),
            2,
            "golab: --artifacts: name a directory; only --json goes to standard output",
        ),
        (("show", "stale-lits"), 2, "golab: no scenario 'stale-lits'; did you mean 'stale-list'?"),
    ],
)
def test_wrong_usage_gets_a_line_and_2(args: tuple[str, ...], status: int, said: str) -> None:
    done = golab(*args)
    assert done.returncode == status
    assert said in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("rnu", "no such command 'rnu'; did you mean 'run'?"),
        ("zzzz", "no such command 'zzzz'; `golab --help` shows the usage"),
        ("fault of x y", "no such command 'of'; did you mean 'off'?"),
        ("origin serv", "no such command 'serv'; did you mean 'serve'?"),
        ("run --jbos 2", "no such option '--jbos'; did you mean '--jobs'?"),
        ("faults check --zzzzzz", "no such option '--zzzzzz'; one of --help"),
        ("run --jobs 0", "--jobs: 0 is not in the range 1<=x<=256"),
        ("run --jobs many", "--jobs: 'many' is not a whole number"),
        ("run --jobs", "option '--jobs' requires an argument; `golab --help` shows the usage"),
        (
            "run x --backend dokcer",
            "--backend: 'dokcer' is not one of 'auto', 'local', 'docker'; did you mean 'docker'?",
        ),
        ("run x --backend zz", "--backend: 'zz' is not one of 'auto', 'local', 'docker'"),
        (
            "schema scen",
            "WHAT: 'scen' is not one of 'scenario', 'report'; did you mean 'scenario'?",
        ),
        ("faults check", "FILE is missing; `golab faults check --help` shows the usage"),
        ("help fault lits", "no such command 'lits'; did you mean 'list'?"),
        ("help ps x", "`golab ps` has no commands below it"),
        ("make", "no such command 'make'; `golab --help` shows the usage"),
        ("ps x", "got unexpected extra argument (x); `golab ps --help` shows the usage"),
    ],
)
def test_what_click_finds_wrong_is_one_line_too(args: str, said: str) -> None:
    done = golab(*args.split())
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"golab: {said}\n")


@pytest.mark.parametrize("group", [(), ("faults",), ("images",)])
def test_a_group_alone_shows_its_help(group: tuple[str, ...]) -> None:
    done = golab(*group)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == golab(*group, "--help").stdout


def every_command() -> Iterator[tuple[str, ...]]:
    yield ()
    for name in COMMANDS:
        yield (name,)
        command = cli.get_command(click.Context(cli), name)
        if isinstance(command, click.Group):
            yield from ((name, below) for below in command.commands)


@pytest.mark.parametrize("columns", ["40", "200"])
def test_no_help_is_cut(columns: str) -> None:
    runner = CliRunner(env={"COLUMNS": columns})
    for words in every_command():
        asked = runner.invoke(cli, ["help", *words], prog_name="golab")
        assert asked.output == runner.invoke(cli, [*words, "-h"], prog_name="golab").output
        assert asked.exit_code == 0
        usage, _, rest = asked.output.partition("\n\n")
        assert usage.startswith(" ".join(("Usage: golab", *words)))
        assert not [line for line in rest.splitlines() if line.rstrip().endswith(("...", "…"))]
    assert "how often they have fired." in " ".join(
        runner.invoke(cli, ["fault", "-h"]).output.split()
    )


def test_the_version_in_short() -> None:
    assert golab("-V").stdout == golab("--version").stdout == "golab, version 0.1.0\n"


@pytest.mark.slow
@pytest.mark.parametrize("command", ["validate", "run", "faults check", "origin serve --world"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, command: str) -> None:
    pipe, large, loop = (tmp_path / f"{name}.yaml" for name in ("pipe", "large", "loop"))
    os.mkfifo(pipe)
    large.touch()
    os.truncate(large, 2 << 30)
    loop.symlink_to(loop)
    device = tmp_path / "device.yaml"
    device.symlink_to("/dev/zero")
    (tmp_path / "folder.yaml").mkdir()
    for file, said in {
        pipe: "cannot be read: a pipe is not a file",
        device: "cannot be read: a device is not a file",
        tmp_path / "folder.yaml": "cannot be read: Is a directory",
        large: "larger than 1 MiB, which is the most that is read",
        loop: "cannot be read: Too many levels of symbolic links",
    }.items():
        done = golab(*command.split(), str(file), limit=20)
        assert (done.returncode, done.stderr) == (2, f"golab: {file}:1:1: {said}\n")
