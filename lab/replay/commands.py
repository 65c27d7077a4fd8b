"""Runs the commands of a scenario, and says of each what ended it."""

from __future__ import annotations

from typing import NamedTuple

from lab.client import PROJECT, Client
from lab.errors import LabError
from lab.results.model import CommandResult
from lab.spec.expectations import Expected, differences
from lab.spec.termination import Ended, ended, watched

_NOT_FOUND = 127


class Done(NamedTuple):
    """A command, and how what it did differs from what was expected of it."""

    result: CommandResult
    differences: list[str]


class Project(NamedTuple):
    """go.mod and go.sum of a project, and why others of the two are not as they should be."""

    files: dict[str, str]
    unread: dict[str, str]


def run_command(client: Client, text: str, limit: float, allowed: int | str = 0) -> Ended:
    """Run a command; see `lab.spec.termination.ended`.

    Raises:
        LabError: there is no such program.
    """
    result = ended(client.run(watched(text), limit=limit), text, allowed)
    if result.done.exit == _NOT_FOUND:
        raise LabError(f"`{text}`: there is no such program in the lab")
    return result


def carried_out(
    client: Client, text: str, expected: Expected, limit: float, said: str = ""
) -> Done:
    """Run a command that is not the judged one, and compare it with what is expected of it.

    Args:
        client: who runs it.
        text: the command.
        expected: what it must do.
        limit: seconds after which the lab ends it.
        said: what its differences begin with.

    Raises:
        LabError: there is no such program.
    """
    edge, counted = client.lab.edge, bool(expected.asked or expected.connections)
    before = edge.ledger().total if counted else 0
    found = run_command(client, text, limit, allowed=expected.exit)
    records = edge.ledger(before).records if counted else ()
    files = project(client).files if expected.go_mod else {}
    wrong = differences(found.done, expected, files, records)
    return Done(recorded(found), [f"{said}`{text}`: {text_}" for text_ in wrong])


def project(client: Client) -> Project:
    """Read go.mod and go.sum of the project."""
    names = {f"{PROJECT}/{name}": name for name in ("go.mod", "go.sum")}
    read = client.lab.read(list(names))
    contents = {names[path]: content for path, content in read.found.items()}
    unread = {names[path]: why for path, why in read.unread.items()}
    if "go.mod" not in {*contents, *unread}:
        unread["go.mod"] = "it is gone"
    files = {}
    for name, content in contents.items():
        try:
            files[name] = content.decode()
        except UnicodeDecodeError:
            files[name] = content.decode(errors="backslashreplace")
            unread[name] = "not UTF-8; other bytes are shown as \\xNN"
    return Project(files, unread)


def recorded(result: Ended) -> CommandResult:
    """Return what the report says of a command."""
    done = result.done
    return CommandResult(
        argv=list(done.argv),
        exit=done.exit,
        stdout=done.stdout,
        stderr=done.stderr,
        seconds=round(done.seconds, 3),
        error=result.error,
    )
