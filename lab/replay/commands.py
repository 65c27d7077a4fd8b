"""Runs the commands of a scenario, and says of each what ended it."""

from __future__ import annotations

from lab.client import Client
from lab.errors import LabError
from lab.results import CommandResult
from lab.termination import Ended, ended, watched

_NOT_FOUND = 127


def run_command(client: Client, text: str, limit: float, allowed: int | str = 0) -> Ended:
    """Run a command; see `lab.termination.ended`.

    Raises:
        LabError: there is no such program.
    """
    result = ended(client.run(watched(text), limit=limit), text, allowed)
    if result.done.exit == _NOT_FOUND:
        raise LabError(f"`{text}`: there is no such program in the lab")
    return result


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
