"""A directory with everything a run left to look at: a folder per run, a few files per arm."""

from __future__ import annotations

import errno
import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from lab.errors import UsageError
from lab.results.model import ARMS, ArmResult, Report, RunResult


def prepare(directory: Path) -> None:
    """Make the directory before the work that is to be recorded in it.

    Raises:
        UsageError: it cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(error) from None
    if not os.access(directory, os.W_OK):
        raise _unwritable(PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(directory)))


def _unwritable(error: OSError) -> UsageError:
    return UsageError(f"the artifacts cannot be written: {error.filename}: {error.strerror}")


def write(report: Report, directory: Path) -> Report:
    """Write the artifacts of every run below `directory`.

    Returns: the report, with the paths of what was written in it.

    Raises:
        UsageError: the directory cannot be written to.
    """
    try:
        runs = [_write_run(run, directory / _folder(report.label(run))) for run in report.runs]
    except OSError as error:
        raise _unwritable(error) from None
    return report.model_copy(update={"runs": runs})


def _folder(label: str) -> str:
    """Return the name of a run's folder: `scenario.variant`, and `.go1.21.13` if that differs."""
    return label.replace("/", ".").replace(" (go ", ".go").removesuffix(")")


def _write_run(run: RunResult, folder: Path) -> RunResult:
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*ARMS, "result"):  # of an earlier run
        for old in folder.glob(f"{name}.*"):
            old.unlink()
    written = {}
    for arm, result in run.arms.items():
        for name, text in _files(result):
            target = folder / f"{arm}.{name}"
            target.write_text(text, encoding="utf-8")
            written[target.name] = str(target)
    target = folder / "result.json"
    written[target.name] = str(target)
    done = run.model_copy(update={"artifacts": written})
    target.write_text(done.model_dump_json(by_alias=True, indent=2) + "\n", encoding="utf-8")
    return done


def _files(arm: ArmResult) -> Iterator[tuple[str, str]]:
    yield (
        "commands.txt",
        "\n".join(
            f"$ {shlex.join(command.argv)}\n{command.stdout}{command.stderr}"
            f"# exit {command.exit}, {command.seconds} s\n"
            for command in arm.commands
        ),
    )
    yield "requests.jsonl", "".join(json.dumps(record) + "\n" for record in arm.requests)
    yield from arm.project.items()
