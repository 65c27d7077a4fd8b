"""When a tool under test raises an alarm: `exit=N`, `regex:PATTERN` or `jq:EXPRESSION`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lab.errors import UsageError
from lab.sandbox.interface import Completed
from lab.spec.patterns import Checker, found

FAILURE, TIMEOUT = "failure", "timeout"
_PATIENCE = 10.0
_FORMS = "exit=N, exit=failure, exit=timeout, regex:PATTERN or jq:EXPRESSION"


class UnclearError(Exception):
    """What a tool printed cannot be judged: it is not what the condition is about."""


@dataclass(frozen=True)
class AlarmIf:
    """A condition on a command that has ended.

    Attributes:
        kind: `exit`, `regex` or `jq`.
        value: an exit status, `failure` or `timeout`; a pattern; an expression.
    """

    kind: str = "exit"
    value: int | str = FAILURE

    @property
    def exit(self) -> int | str:
        """The exit status that is waited for; failure where it decides nothing."""
        return self.value if self.kind == "exit" else FAILURE

    def holds(self, done: Completed) -> bool:
        """Say whether this is an alarm.

        Raises:
            UnclearError: the output is no JSON, or not such as the expression is about.
        """
        return _HOLDS[self.kind](str(self.value), done)


FAILS = AlarmIf()


def alarm_if(text: str) -> AlarmIf:
    """Read a condition; '' is `exit=failure`.

    Raises:
        UsageError: it is none.
    """
    if not text:
        return FAILS
    kind, _, rest = text.partition("=" if text.startswith("exit=") else ":")
    try:
        return AlarmIf(kind, _READ[kind](rest))
    except KeyError:
        raise UsageError(f"--alarm-if: {text!r} is none of {_FORMS}") from None
    except ValueError as error:
        raise UsageError(f"--alarm-if: {text!r}: {error}") from None


def _exit(text: str) -> int | str:
    if text in (FAILURE, TIMEOUT):
        return text
    if not (text.isascii() and text.isdigit() and int(text) < 256):
        raise ValueError("an exit status is a number from 0 to 255, `failure` or `timeout`")
    return int(text)


def _pattern(text: str) -> str:
    if not text:
        raise ValueError("an empty pattern is found in everything")
    Checker().check(text)
    return text


def _expression(text: str) -> str:
    try:
        import jq
    except ImportError:
        raise ValueError("jq is not installed beside golab: `pip install jq`") from None
    if "\0" in text or not text.strip():
        raise ValueError("an expression is missing")
    try:
        jq.compile(text)
    except ValueError as error:
        said = str(error).splitlines()[0].removeprefix("jq: error: ").rstrip(":")
        raise ValueError(f"no expression of jq's: {said}") from None
    return text


_READ: dict[str, Callable[[str], int | str]] = {
    "exit": _exit,
    "regex": _pattern,
    "jq": _expression,
}


def _exits(value: str, done: Completed) -> bool:
    if value == TIMEOUT:
        return done.timed_out
    return bool(done.exit) if value == FAILURE else str(done.exit) == value


def _shows(pattern: str, done: Completed) -> bool:
    return found(pattern, done.stdout) or found(pattern, done.stderr)


def _yields(expression: str, done: Completed) -> bool:
    """Say whether jq makes anything of the output that is neither `false` nor `null`.

    Python reads the output, so that what reaches jq's C code is well-formed, whoever wrote it; and
    jq is a process of its own, for an expression need not come to an end.
    """
    data = json.dumps({"expression": expression, "values": _values(done.stdout)})
    try:
        process = subprocess.run(
            [sys.executable, "-m", "lab.diagnostics.jqprocess"],
            check=False,
            input=data.encode(),
            capture_output=True,
            timeout=_PATIENCE,
            env={"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
            cwd="/",
        )
        answer = json.loads(process.stdout)
    except subprocess.TimeoutExpired:
        raise UnclearError(f"jq did not come to an end within {_PATIENCE:g} s") from None
    except ValueError:
        raise UnclearError(f"jq ended with status {process.returncode}") from None
    if "error" in answer:
        raise UnclearError(f"jq: {answer['error']}")
    return bool(answer["truth"])


def _values(text: str) -> list[Any]:
    """Read one JSON value after the other."""
    decoder, values, at = json.JSONDecoder(parse_constant=_refuse), [], 0
    text = text.strip()
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            values.append(value)
            while text[at : at + 1].isspace():
                at += 1
    except (ValueError, RecursionError):
        raise UnclearError("what it printed is no JSON") from None
    if not values:
        raise UnclearError("it printed no JSON")
    return values


def _refuse(name: str) -> Any:
    raise ValueError(name)


_HOLDS: dict[str, Callable[[str, Completed], bool]] = {
    "exit": _exits,
    "regex": _shows,
    "jq": _yields,
}
