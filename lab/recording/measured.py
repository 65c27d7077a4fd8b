"""What an arm must do, from what it did: what holds stays, what does not is measured anew."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from lab.results.model import ArmResult
from lab.sandbox.interface import Completed
from lab.spec import asked, bounds
from lab.spec.expectations import Expected, differences
from lab.spec.schema import as_list

Data = dict[str, Any]

_MOST_LINES = 3
_PASSING = re.compile(r"\d{4,}|\b\d+\\\.\d+s\b")
"""Ports, sizes and times: what the next run has another of."""


def expectation(
    said: Data, arm: ArmResult, other: ArmResult | None, hosts: Mapping[str, int | str] = {}
) -> Data:
    """Return what an arm must do, in the words of a file.

    Args:
        said: what the file says of it; {} if it says nothing yet.
        arm: what it did.
        other: what the arm did from which it should be told apart, if there is one.
        hosts: who is to be in `asked`, too, and how often.
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
    counts: Data = {"asked": {**hosts, **said.get("asked", {})}}
    counts["connections"] = said.get("connections", {})
    for name, times in (("asked", asked.times), ("connections", asked.connections)):
        if counts[name]:
            found[name] = {
                whom: _count(count, times(whom, arm.requests))
                for whom, count in counts[name].items()
            }
    if "seconds" in said and _unlike(arm, seconds=said["seconds"]):
        found["seconds"] = duration(said["seconds"], arm.judged.seconds)
    order = [*dict.fromkeys(("exit", *said, *_TEXTS, "asked"))]
    return {key: found[key] for key in order if key in found}


_TEXTS = ("stdout", "stderr", "go.mod")


def only_some(arms: Mapping[Any, ArmResult]) -> dict[str, Data]:
    """Return an `asked` for each arm, of the hosts that one of them asked and another did not."""
    hosts = {name: asked.hosts(arm.requests) for name, arm in arms.items()}
    everyone = sorted(set().union(*hosts.values()))
    telling = [host for host in everyone if not all(host in found for found in hosts.values())]
    return {
        name: {host: ">=1" if host in found else 0 for host in telling}
        for name, found in hosts.items()
    }


def _count(said: int | str, times: int) -> int | str:
    """Return a count in the form in which it was said: a number, or a bound."""
    if bounds.within(said, times):
        return said
    sign = str(said)[0]
    return f"{sign}={times}" if sign in "<>" and times else times


def duration(said: str, seconds: float) -> str:
    """Return bounds of the form in which they were said, with room for a busy machine."""
    least, most = math.floor(seconds * 0.9), math.ceil(seconds * 2)
    if said[0] in "<>":
        return f"<{most}" if said[0] == "<" else f">={least}"
    return f"{least}..{most}"


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
