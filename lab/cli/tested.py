"""The tools that a command line names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lab.cli import say
from lab.errors import UsageError

if TYPE_CHECKING:
    from lab.diagnostics.tool import Tool


def tested(commands: Sequence[str], alarm_if: str, limit: float) -> list[Tool]:
    """Read tools, and say what of their folders is not carried into the labs.

    Raises:
        UsageError: one cannot be read, or the condition is none.
    """
    if not commands:
        if alarm_if:
            raise UsageError("--alarm-if is about a tool; name it with --tool")
        return []
    from lab.diagnostics import alarm
    from lab.diagnostics.tool import tools

    found = tools(commands, alarm_if=alarm.alarm_if(alarm_if), limit=limit)
    for one in found:
        for line in one.carried.left_out:
            say(line)
    return found
