"""What ended a command that did not end by itself, as far as golab can know.

A program that golab starts tells by its status which signal ended it. A shell passes that of its
last command on as 128+N, and forgets all others: the `curl` of `curl … | head` or `curl … || echo`
may be killed and the line exits with 0. So the usual programs of a client are shell functions
in such a line; they call the program and leave a note on standard error if a signal ended it.
"""

from __future__ import annotations

import errno
import os
import re
import signal
from dataclasses import replace
from typing import NamedTuple

from lab.sandbox.interface import Completed
from lab.spec.command import words

PROGRAMS = (
    *("go", "git", "curl", "jq", "dig", "nslookup", "telnet", "openssl", "unzip", "wget"),
    *("diff", "netstat", "strace", "traceroute"),
)
"""The programs that are watched in a line for a shell."""

REPORTED = {
    128 + number: number.name
    for number in (
        signal.SIGQUIT,
        signal.SIGILL,
        signal.SIGTRAP,
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGKILL,
        signal.SIGSEGV,
        signal.SIGTERM,
        signal.SIGXCPU,
        signal.SIGXFSZ,
        signal.SIGSYS,
    )
}
"""Exit status -> signal, where 128+N means that a signal ended a child of the shell.

Left out are those that programs exit with of their own: 129 (git: wrong usage), 130 (interrupted),
and 141, with which the first program of `… | head` ends as it should.
"""

_FUNCTION = (
    '{name}() {{ command {name} "$@"; set -- $?; '
    '[ $1 -le 128 ] || printf "\\ngolab: {name} exited with $1\\n" >&2; return $1; }}\n'
)
_NOTED = re.compile(rf"\ngolab: ({'|'.join(PROGRAMS)}) exited with (\d+)\n")
_BY_GO = re.compile(r"\bsignal: (?:killed|terminated|aborted|segmentation fault|bus error)\b")
_SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC)
_RAN_OUT = re.compile(
    rf"(?:: |^)({'|'.join(os.strerror(number) for number in _SHORT)}|cannot fork"
    r"|fork/exec \S+: resource temporarily unavailable"
    r"|may need to increase max user processes \(ulimit -u\))$",  # Go's runtime, as it crashes
    re.IGNORECASE,
)


class Ended(NamedTuple):
    """A command that has ended.

    Attributes:
        done: what it did; the notes are taken out, and `argv` is the command as it was given.
        error: what kept it from its work: a signal that golab did not send, a limit of the lab, a
            resource that ran out. '' if nothing did, or if golab ended it at its time limit.
    """

    done: Completed
    error: str


def watched(command: str | list[str]) -> list[str]:
    """Return the arguments that run a command such that `ended` can tell what ended it."""
    if not isinstance(command, str):
        return command
    argv = words(command)
    if argv[:2] != ["sh", "-c"]:
        return argv
    functions = [
        _FUNCTION.format(name=name) for name in PROGRAMS if re.search(rf"\b{name}\b", command)
    ]
    return ["sh", "-c", "".join([*functions, argv[2]])]


def ended(done: Completed, command: str | list[str], allowed: int | str = 0) -> Ended:
    """Say what ended a command that was run as `watched` says.

    Args:
        done: what came of it.
        command: what was to be run.
        allowed: an exit status that the scenario expects; it may be one of `REPORTED`.
    """
    notes = _NOTED.findall(done.stdout) + _NOTED.findall(done.stderr)
    argv = tuple(words(command) if isinstance(command, str) else command)
    out, err = (_NOTED.sub("", text) for text in (done.stdout, done.stderr))
    clean = replace(done, argv=argv, stdout=out, stderr=err)
    return Ended(clean, _error(clean, notes, allowed))


def _error(done: Completed, notes: list[tuple[str, str]], allowed: int | str) -> str:
    if done.hit:
        return f"hit the lab's limit on {done.hit}"
    if done.exit is None:
        return ""
    if done.exit < 0:
        return f"ended by {named(-done.exit)}"
    for program, status in notes:
        if (reported := int(status)) in REPORTED:
            return f"{program} ended by {REPORTED[reported]}"
    if done.exit in REPORTED and done.exit != allowed:
        return f"ended by {REPORTED[done.exit]}"
    if done.exit and (told := _BY_GO.search(done.stderr)):
        return f"a program that it started: {told[0]}"
    return ran_out(done.stderr)


def named(number: int) -> str:
    """Return the name of a signal; those of real time have none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def ran_out(text: str) -> str:
    """Return which resource ran out, if a line of a program's or golab's words ends with that.

    What a server said of itself does not count: `server response: no space left on device`.
    """
    for line in text.splitlines():
        if "server response" not in line and (found := _RAN_OUT.search(line)):
            return found[1].lower()
    return ""
