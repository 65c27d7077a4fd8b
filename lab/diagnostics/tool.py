"""A tool under test as a diagnostic: a stranger's program, carried into the client and run there.

What it does, it does with the rights of the lab's client. golab reads the folder of the program
once, with the rights of the user who named it, and afterwards nothing but its exit status and what
it prints.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from lab.carried import Carried, folder
from lab.client import HOME, Client
from lab.diagnostics.alarm import FAILS, AlarmIf, UnclearError
from lab.diagnostics.interface import Finding, Target, alarm, quiet, unavailable
from lab.errors import UsageError
from lab.sandbox.interface import Command, Completed
from lab.spec.termination import ended

LIMIT = 10.0
"""Seconds that a tool has by default."""

_PLACE = f"{HOME}/tools"
_LONGEST = 200
_NOT_RUN = (126, 127)  # a shell's words for: not executable, not there; the loader's for a library
_NO_LIBRARY = re.compile(r"(?:ModuleNotFoundError|ImportError): ")
_PYTHON = "python3"
_BY_ENDING = {
    ".py": _PYTHON,
    ".sh": "sh",
    ".bash": "bash",
    ".pl": "perl",
    ".rb": "ruby",
    ".js": "node",
}


@dataclass(frozen=True)
class Tool:
    """A program under test.

    Attributes:
        id: the name of its file.
        command: what the user has said.
        argv: what the client runs.
        needs: the program of the client's that runs it, '' if it needs none.
        carried: the folder of the program; empty if it is one of the client's own.
        alarm_if: when it raises an alarm.
        limit: seconds after which it is ended.
    """

    id: str
    command: str
    argv: tuple[str, ...]
    needs: str
    carried: Carried
    alarm_if: AlarmIf = FAILS
    limit: float = LIMIT
    origin: Literal["tool"] = "tool"

    def shown(self, target: Target) -> str:
        """Return what the user has said."""
        return self.command

    def check(self, client: Client, target: Target, limit: float) -> Finding:
        """Carry it into the client, run it in the project, and judge how it ends."""
        if self.needs and not client.has(self.needs):
            return unavailable(f"{self.needs} is not installed where the client runs")
        self.carried.placed(client.lab, f"{_PLACE}/{self.id}", client.env)
        env = {**client.env, **told(target)}
        done = client.lab.run(Command(self.argv, env, client.project, self.limit))
        return self.judged(done)

    def judged(self, done: Completed) -> Finding:
        """Say what it found: a tool that was ended, or could not begin, has found nothing."""
        wanted = self.alarm_if.exit
        # What it prints of other programs, such as a `go` that it has killed, is its own business.
        if error := ended(replace(done, stdout="", stderr=""), list(self.argv), wanted).error:
            return Finding("error", error)
        if done.timed_out and wanted != "timeout":
            return Finding("error", f"still running after {self.limit:g} s")
        if done.exit in _NOT_RUN and done.exit != wanted:
            return unavailable(_last_line(done.stderr) or f"exit {done.exit}")
        last = _last_line(done.stderr)
        if done.exit == 1 and self.needs == _PYTHON and _NO_LIBRARY.match(last):
            return unavailable(last)
        try:
            holds = self.alarm_if.holds(done)
        except UnclearError as error:
            return Finding("error", str(error))
        said = _said(done)
        return alarm(said) if holds else quiet(said)


def told(target: Target) -> dict[str, str]:
    """Return what a tool is told: what it is to look at, and nothing of what is wrong."""
    return {
        "GOLAB_MODULE": target.module,
        "GOLAB_PROXY": target.proxy,
        "GOLAB_REQUIRED": target.required,
    }


def tool(
    command: str,
    *,
    alarm_if: AlarmIf = FAILS,
    limit: float = LIMIT,
    taken: Collection[str] = (),
) -> Tool:
    """Read a tool: a program's file and its arguments, as a shell splits them, or one of the lab's.

    Args:
        command: the file alone, or with arguments; without a slash and a file of this name, a
            program on the PATH of the client.
        alarm_if: when it raises an alarm.
        limit: seconds after which it is ended.
        taken: names that it cannot have, for others have them.

    Raises:
        UsageError: there is no such file, or golab cannot tell how to run it.
    """
    words = [command] if _is_file(command) else _words(command)
    path = Path(words[0])
    id_ = path.name
    if not id_.isprintable():
        raise UsageError(f"{command!r}: the name of a tool has characters that cannot be shown")
    if id_ in taken:
        raise UsageError(f"{command}: another diagnostic is called {id_!r}; rename the file")
    if "/" not in words[0] and not _is_file(words[0]):
        return Tool(id_, command, tuple(words), words[0], Carried({}), alarm_if, limit)
    program = _resolved(path)
    carried = folder(program.parent)
    content = carried.files.get(program.name)
    if content is None:  # hidden, or not to be read
        hidden = "a hidden file" if program.name.startswith(".") else "it cannot be read"
        raise UsageError(f"{path} cannot be carried into a lab: {hidden}")
    runs, needs = _how(program, content, executable=program.name in carried.programs)
    if not runs:
        programs = carried.programs | {program.name}
        carried = replace(carried, programs=programs)
    argv = (*runs, f"{_PLACE}/{id_}/{program.name}", *words[1:])
    return Tool(id_, command, argv, needs, carried, alarm_if, limit)


def tools(
    commands: Sequence[str], *, alarm_if: AlarmIf = FAILS, limit: float = LIMIT
) -> list[Tool]:
    """Read several tools; see `tool`. Each has a name that no diagnostic has.

    Raises:
        UsageError: one cannot be read.
    """
    from lab.diagnostics.catalogue import diagnostics

    taken = set(diagnostics()) if commands else set()
    found = []
    for command in commands:
        found.append(tool(command, alarm_if=alarm_if, limit=limit, taken=taken))
        taken.add(found[-1].id)
    return found


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError:
        raise UsageError(f"{command!r} has a quote without its pair") from None
    if not words or not words[0]:
        raise UsageError("which tool? name the file of a program")
    if "\0" in command:
        raise UsageError(f"{command!r} has a null byte")
    return words


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # too long for a name, or with a null byte in it
        return False


def _resolved(path: Path) -> Path:
    """Return the file that is meant, wherever a link leads: the user has named it."""
    try:
        found = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or "a circle of links"
        raise UsageError(f"the tool {path} cannot be read: {why}") from None
    if not found.is_file():
        what = "a folder; name the program in it" if found.is_dir() else "no file"
        raise UsageError(f"the tool {path} is {what}")
    return found


def _how(program: Path, content: bytes, *, executable: bool) -> tuple[Sequence[str], str]:
    """Return what a program is run by, if not by itself, and what the client needs for that.

    Raises:
        UsageError: nothing says how.
    """
    if content.startswith(b"\x7fELF"):
        return (), ""
    interpreter = _interpreter(content)
    by_ending = _BY_ENDING.get(program.suffix, "")
    if Path(interpreter).name.startswith("python") or (not interpreter and by_ending == _PYTHON):
        return (_PYTHON,), _PYTHON  # the client's, and not one of a virtual environment
    if interpreter:
        return (), interpreter
    if by_ending or executable:
        runs = by_ending or "sh"
        return (runs,), runs
    raise UsageError(
        f"{program} is no program",
        "give it a first line such as `#!/bin/sh`, an ending such as .py, or its run bit",
    )


def _interpreter(content: bytes) -> str:
    """Return what the first line of a script names; '' if there is no such line."""
    if not content.startswith(b"#!"):
        return ""
    line = content[2:1000].partition(b"\n")[0].decode(errors="replace")
    words = [word for word in line.split(" ") if word]
    if words and Path(words[0]).name == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return words[0] if words else ""


def _said(done: Completed) -> str:
    """Return what it says: its first line, or the last one of its complaints."""
    lines = (line.strip() for line in done.stdout.splitlines())
    said = next((line for line in lines if line), "") or _last_line(done.stderr)
    return said[:_LONGEST] or f"prints nothing, exit {done.exit}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:_LONGEST] if lines else ""
