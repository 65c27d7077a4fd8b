"""Compares what a command did with what was expected of it."""

from __future__ import annotations

from collections.abc import Mapping

from lab import patterns
from lab.sandbox.interface import Completed
from lab.scenario.model import Expected, as_list


def differences(
    done: Completed, expected: Expected, project: Mapping[str, str], *, limit: float = 20.0
) -> list[str]:
    """Return how `done`, and the project it left behind, differ from `expected`.

    Args:
        done: the judged command.
        expected: what it must do.
        project: the files it left behind.
        limit: seconds that the search for a pattern may take.
    """
    found = []
    if not _exit_fits(done.exit, expected.exit):
        found.append(f"{_exit_said(done.exit)}, expected {_exit_wanted(expected.exit)}")
    for name, wanted, text in (
        ("stdout", expected.stdout, done.stdout),
        ("stderr", expected.stderr, done.stderr),
        ("go.mod", expected.go_mod, project.get("go.mod", "")),
    ):
        for pattern in as_list(wanted):
            absent = pattern.startswith("!")
            try:
                there = patterns.found(pattern.removeprefix("!"), text, limit)
            except patterns.PatternError as error:
                found.append(f"{name} cannot be compared: {error}")
                continue
            if there == absent:
                what = "must not have" if absent else "lacks"
                found.append(f"{name} {what} {pattern.removeprefix('!')!r}")
    return found


def _exit_fits(exit_: int | None, wanted: int | str) -> bool:
    match wanted:
        case "timeout":
            return exit_ is None
        case "failure":
            return exit_ not in (None, 0)
        case _:
            return exit_ == wanted


def _exit_said(exit_: int | None) -> str:
    return "ended by the lab's limit" if exit_ is None else f"exit {exit_}"


def _exit_wanted(wanted: int | str) -> str:
    match wanted:
        case "timeout":
            return "the lab's limit to end it"
        case "failure":
            return "a failure"
        case _:
            return f"exit {wanted}"
