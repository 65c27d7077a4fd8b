"""Reads files in processes of their own, and says what each took: CPU seconds and memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

CPU_SECONDS, MEMORY_BYTES = 60, 2 << 30
"""Where the kernel ends a reading, so that a failing test ends, too."""


class Taken(NamedTuple):
    """What came of reading a file.

    Attributes:
        said: what is wrong with the file, '' for nothing, or the exception that is a defect.
        status: 0 read, 2 refused, 3 a defect, -N ended by a signal.
        cpu: seconds.
        megabytes: the most memory it had at any moment, Python and golab included.
    """

    said: str
    status: int
    cpu: float
    megabytes: float


Read = Callable[[str, Path], Taken]
"""Called with `scenario`, `world` or `rules`, and a file."""


@contextmanager
def reader() -> Iterator[Read]:
    """Start a process that has golab loaded and forks for each file."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.measured"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin
        assert process.stdout
        to, answers = process.stdin, process.stdout

        def read(kind: str, file: Path) -> Taken:
            to.write(json.dumps([kind, str(file)]) + "\n")
            asked = str(file)
            while True:  # a test that was given up has left its answer behind
                of, *taken = json.loads(answers.readline())
                if of == asked:
                    return Taken(*taken)

        yield read


def _readings() -> dict[str, Callable[[Path], Any]]:
    from faults import rules
    from faults.lint import lint
    from lab.scenario.load import find, load
    from lab.world.load import load_world

    find("auth-fallback").runs()  # builds the models, as any command has by then
    return {
        "scenario": lambda path: load(path).runs(),
        "world": load_world,
        "rules": lambda path: lint(rules.load(path)),
    }


def _try(read: Callable[[Path], Any], path: Path) -> tuple[str, int]:
    from faults.source import SourceError
    from lab.errors import ScenarioError

    try:
        read(path)
    except (ScenarioError, SourceError) as error:
        return str(error), 2
    except BaseException as error:  # noqa: BLE001 - whatever else there is, is what is looked for
        return f"{type(error).__name__}: {error}"[:500], 3
    return "", 0


def _main() -> None:
    readings = _readings()
    for line in sys.stdin:
        kind, path = json.loads(line)
        here, there = os.pipe()
        if child := os.fork():
            os.close(there)
            with os.fdopen(here) as answer:
                said = answer.read()
            _, status, usage = os.wait4(child, 0)
            taken = (usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
            ended = os.waitstatus_to_exitcode(status)
            print(json.dumps([path, said, ended, *taken]), flush=True)
            continue
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        said, exit_ = _try(readings[kind], Path(path))
        with os.fdopen(there, "w", errors="backslashreplace") as answer:
            answer.write(said)
        os._exit(exit_)


if __name__ == "__main__":
    _main()
