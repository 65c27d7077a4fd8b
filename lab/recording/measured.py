"""What an arm must do, from what it did: what holds stays, what does not is measured anew."""

from __future__ import annotations

import re
from typing import Any

from lab.results.model import ArmResult
from lab.sandbox.interface import Completed
from lab.spec.expectations import Expected, differences
from lab.spec.schema import as_list

Data = dict[str, Any]

_MOST_LINES = 3
_PASSING = re.compile(r"\d{4,}|\b\d+\\\.\d+s\b")
"""Ports, sizes and times: what the next run has another of."""


def expectation(said: Data, arm: ArmResult, other: ArmResult | None) -> Data:
    """Return what an arm must do, in the words of a file.

    Args:
        said: what the file says of it; {} if it says nothing yet.
        arm: what it did.
        other: what the arm did from which it should be told apart, if there is one.
    """
    found = {key: value for key, value in said.items() if key not in _TEXTS}
    if not said or _unlike(arm, exit=said.get("exit", 0)):
        found["exit"] = "timeout" if arm.judged.exit is None else arm.judged.exit
    for name in _TEXTS:
        patterns = as_list(said.get(name))
        kept = [pattern for pattern in patterns if not _unlike(arm, **{name: pattern})]
        if not said or (patterns and not kept):
            kept = _telling(name, arm, other)
        if kept:
            found[name] = kept[0] if len(kept) == 1 else kept
    order = [*dict.fromkeys(("exit", *said, *_TEXTS))]
    return {key: found[key] for key in order if key in found}


_TEXTS = ("stdout", "stderr", "go.mod")


def left(said: Data, arm: ArmResult) -> list[str]:
    """Return what an arm does otherwise than it must, and is for the author to change."""
    rest = {key: value for key, value in said.items() if key not in ("exit", *_TEXTS)}
    return _unlike(arm, exit=_exit(arm), **rest)


def _exit(arm: ArmResult) -> int | str:
    return "timeout" if arm.judged.exit is None else arm.judged.exit


def _unlike(arm: ArmResult, **said: Any) -> list[str]:
    judged = arm.judged
    done = Completed(tuple(judged.argv), judged.exit, judged.stdout, judged.stderr, judged.seconds)
    expected = Expected.model_validate({"exit": _exit(arm), **said})
    return differences(done, expected, arm.project, arm.requests)


def _telling(name: str, arm: ArmResult, other: ArmResult | None) -> list[str]:
    """Return patterns for what is to be seen in this arm and not in the other."""
    text = _text(name, arm)
    if name == "stderr":
        lines = text.splitlines() if arm.judged.exit else []
        return [_pattern(lines[-1], "")] if lines else []
    if other is None:
        return []
    theirs = _text(name, other)
    if text == theirs:
        return []
    odd = [line for line in text.splitlines() if line.strip() and line not in theirs.splitlines()]
    if not odd:
        return ["!."] if not text.strip() and name == "stdout" else []
    return [_pattern(line, "^" if name == "stdout" else "") for line in odd[:_MOST_LINES]]


def _text(name: str, arm: ArmResult) -> str:
    return arm.project.get("go.mod", "") if name == "go.mod" else str(getattr(arm.judged, name))


def _pattern(line: str, start: str) -> str:
    escaped = re.sub(r"\\([ \-/@:=<>,!&#~\"'`%;])", r"\1", re.escape(line.strip()))
    plain = _PASSING.sub(lambda _: r"\d+", escaped)
    return f"{start}{plain}$" if start else plain
