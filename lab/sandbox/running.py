"""A program of the client's that somebody follows: input, output, signals, its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.errors import LabError
from lab.sandbox.channel import Call

Event = Callable[[dict[str, Any]], object]
"""Called with each event, by a thread that must not be kept waiting:

    {"event": "out" | "err", "data": bytes}    what it wrote; to be acknowledged, or it has to pause
    {"event": "taken", "size": n}              so many bytes of input have reached it
"""


class Running:
    """A program that runs."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def follow(self, do: str, **arguments: Any) -> None:
        """Have something done to it; what comes after its end does no harm.

            input   data            input; b'' is its end, where it has no terminal
            taken   size            so many bytes of output have arrived where they were to go
            signal  name            a signal such as INT, to all of its session
            resize  rows, columns   another size of its terminal
            end                     kill it, with all that it has started

        Raises:
            LabError: the lab has ended.
        """
        self._call.follow(do, **arguments)

    def then(self, ended: Callable[[], object]) -> None:
        """Have something called once it has ended, or the lab has."""
        self._call.reply.add_done_callback(lambda _: ended())

    def result(self) -> int | None:
        """Wait for its end, and return its exit status: -N if signal N ended it, None its limit.

        Raises:
            LabError: the lab has ended.
        """
        status = self._call.result()
        if not isinstance(status, int | None):
            raise LabError("the client of the lab sent what is no answer")
        return status
