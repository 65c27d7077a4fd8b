"""What is expected of a command, and how what it did differs from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from lab.plural import counted
from lab.sandbox.interface import Completed
from lab.spec import asked, bounds, patterns
from lab.spec.asked import Asked, Host
from lab.spec.bounds import Bounds, Count
from lab.spec.schema import OneOrMore, Part, as_list
from lab.spec.termination import REPORTED, named

Limit = Annotated[float, Field(gt=0, le=600)]


class Expected(Part):
    """What the judged command must do in one arm.

    Texts are regular expressions, RE2's, searched line by line; one that starts with `!` must not
    be found. Several may be given as a list.
    """

    exit: int | Literal["failure", "timeout"] = 0
    """The exit status; `failure`: any but 0; `timeout`: it never ends, the lab's limit ends it.

    What a signal ended has not failed, it was ended: that is an error of the run.
    """
    stdout: OneOrMore | None = None
    """What it prints."""
    stderr: OneOrMore | None = None
    """What it says on standard error."""
    go_mod: OneOrMore | None = Field(default=None, alias="go.mod")
    """What the project's go.mod holds afterwards."""
    limit: Limit | None = None
    """Seconds after which the lab ends it; by default those of all commands.

    Of its own for an arm in which a command hangs: that costs little, and the others have time.
    """
    seconds: Bounds | None = None
    """How long it takes: `">=9"`, `"<2"`, `"9..12"`."""
    asked: dict[Asked, Count] = {}
    """Who was asked how often: `{proxy.golang.org: 0, "DNS git.corp.example": ">=1"}`.

    `HOST` or `HOST/PATH` for requests, `GET HOST/PATH` for one method, `DNS`, `TLS` or `CONNECT` in
    its place for names looked up, handshakes and tunnels. Globs; `*` is any text, slashes included.
    """
    connections: dict[Host, Count] = {}
    """How many connections there were with a host: `{"*.corp.example": "<=2"}`."""

    def laid_under(self, other: Expected | None) -> Expected:
        """Return what `other` says, and where it says nothing what this does."""
        said = {name: getattr(self, name) for name in Expected.model_fields}
        if other:
            said |= {name: getattr(other, name) for name in other.model_fields_set}
        return Expected.model_construct(**said)

    @field_validator("stdout", "stderr", "go_mod")
    @classmethod
    def _are_patterns(
        cls, value: str | list[str] | None, info: ValidationInfo
    ) -> str | list[str] | None:
        checker = info.context if isinstance(info.context, patterns.Checker) else patterns.Checker()
        for pattern in as_list(value):
            checker.check(pattern.removeprefix("!"))
        return value


def differences(
    done: Completed,
    expected: Expected,
    project: Mapping[str, str],
    records: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """Return how `done`, and the project it left behind, differ from `expected`.

    Args:
        done: the judged command.
        expected: what it must do.
        project: the files it left behind.
        records: what the edge has on record of it.
    """
    found = []
    if not _exit_fits(done.exit, expected.exit):
        found.append(f"{_exit_said(done.exit)}, expected {_exit_wanted(expected.exit)}")
    if expected.seconds is not None and not bounds.within(expected.seconds, done.seconds):
        found.append(f"took {done.seconds:.2f} s, expected {bounds.said(expected.seconds)} s")
    for name, wanted, text in (
        ("stdout", expected.stdout, done.stdout),
        ("stderr", expected.stderr, done.stderr),
        ("go.mod", expected.go_mod, project.get("go.mod")),
    ):
        if text is None:
            found += [f"there is no {name}"] if wanted else []
            continue
        for pattern in as_list(wanted):
            absent = pattern.startswith("!")
            if patterns.found(pattern.removeprefix("!"), text) == absent:
                what = "must not have" if absent else "lacks"
                found.append(f"{name} {what} {pattern.removeprefix('!')!r}")
    for whom, count in expected.asked.items():
        found += _not_so_often(f"asked {whom}", asked.times(whom, records), count)
    for host, count in expected.connections.items():
        found += _not_so_often(f"connected to {host}", asked.connections(host, records), count)
    return found


def _not_so_often(what: str, times: int, wanted: int | str) -> list[str]:
    if bounds.within(wanted, times):
        return []
    return [f"{what} {counted(times, 'time')}, expected {bounds.said(wanted)}"]


def _exit_fits(exit_: int | None, wanted: int | str) -> bool:
    match wanted:
        case "timeout":
            return exit_ is None
        case "failure":
            return exit_ is not None and exit_ > 0 and exit_ not in REPORTED
        case _:
            return exit_ == wanted


def _exit_said(exit_: int | None) -> str:
    if exit_ is None:
        return "ended by the lab's limit"
    return f"exit {exit_}" if exit_ >= 0 else f"ended by {named(-exit_)}"


def _exit_wanted(wanted: int | str) -> str:
    match wanted:
        case "timeout":
            return "the lab's limit to end it"
        case "failure":
            return "a failure"
        case _:
            return f"exit {wanted}"
