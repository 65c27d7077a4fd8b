"""Runtime control of the rules: the commands of an edge, and a client for them.

For how they travel see `faults.protocol`. The commands, and the values they answer with:

    list                              each rule, with `on`, `acting`, `seen` and `hits`
    arm     rules, seed, on           all rules, counters and switches anew
    add     rules, on                 rules of the same name are replaced
    remove  name
    on      name
    off     name
    throw   switch                    rules with `until: SWITCH` act no more
    fired                             {rule: how often it acted}
    ledger  after                     {"records": […], "total": how many there ever were};
                                      without the first `after` of them
    clear                             forgets the ledger's records

`arm` and `add` answer with warnings: which of the rules can never act, and why. With `"on": false`
their rules wait to be switched on. After a refusal nothing has changed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field

from faults import protocol, validation
from faults.engine.ruleset import Ruleset
from faults.lint import lint
from faults.nearest import nearest
from faults.protocol import ControlError
from faults.rules import Rule, from_data
from faults.traffic.ledger import Ledger

__all__ = ["Control", "ControlError", "serve", "serve_stream"]


class Controlled(Protocol):
    """What is controlled: `faults.addon.Faults`, which alone needs mitmproxy."""

    ruleset: Ruleset
    ledger: Ledger

    def arm(self, rules: Sequence[Rule], seed: int, *, on: bool = True) -> None:
        """Replace all rules at once."""

    def fired(self) -> dict[str, int]:
        """Return how often each rule acted since it was armed."""

    async def settled(self) -> None:
        """Wait until a change of the rules has come into force."""


class Request(BaseModel):
    """A command and its arguments."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    do: str
    name: str = ""
    switch: str = ""
    rules: list[Any] = []
    seed: int = 0
    on: bool = True
    after: int = Field(default=0, ge=0)


def _commands(faults: Controlled) -> dict[str, Callable[[Request], Any]]:
    ruleset, ledger = faults.ruleset, faults.ledger

    def arm(asked: Request) -> list[str]:
        faults.arm(from_data(asked.rules), asked.seed, on=asked.on)
        return warnings()

    def add(asked: Request) -> list[str]:
        ruleset.add(from_data(asked.rules), on=asked.on)
        return warnings()

    def warnings() -> list[str]:
        found = lint([one.rule for one in ruleset])
        return [f"rule {name} can never act: {reason}" for name, reason in found]

    def records(asked: Request) -> dict[str, Any]:
        return {"records": ledger.snapshot(asked.after), "total": ledger.opened}

    return {
        "list": lambda _: ruleset.status(),
        "fired": lambda _: faults.fired(),
        "ledger": records,
        "clear": lambda _: ledger.clear(),
        "arm": arm,
        "add": add,
        "remove": lambda asked: ruleset.remove(asked.name),
        "on": lambda asked: ruleset.switch(asked.name, on=True),
        "off": lambda asked: ruleset.switch(asked.name, on=False),
        "throw": lambda asked: ruleset.throw(asked.switch),
    }


def _handle(faults: Controlled) -> protocol.Handle:
    commands = _commands(faults)

    async def handle(data: protocol.Request) -> Any:
        request = validation.validated(data, Request, "control")
        command = commands.get(request.do)
        if command is None:
            raise ValueError(f"unknown command {request.do!r}{nearest(request.do, commands)}")
        value = command(request)
        await faults.settled()
        return value

    return handle


async def serve(faults: Controlled, path: Path) -> asyncio.Server:
    """Listen on a Unix socket that only its owner may use; close the server to end it.

    Raises:
        OSError: the socket cannot be made, or somebody listens on it.
    """
    return await protocol.serve_path(_handle(faults), path)


async def serve_stream(
    faults: Controlled, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer on a stream that is connected already, until the other side ends it; then close it.

    Make the reader with `limit=protocol.LINE`: a longer line ends the conversation.
    """
    await protocol.serve_stream(_handle(faults), reader, writer)


class Control:
    """A connection to a running edge.

    Args:
        path: its control socket.

    All methods raise ControlError: the edge refused, or has gone.
    """

    def __init__(self, path: Path | str) -> None:
        try:
            self._client = protocol.Client.connect(path)
        except ControlError as error:
            raise ControlError(f"{error}; is the edge running?") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def ask(self, do: str, **arguments: Any) -> Any:
        """Send one command and return the value of its answer."""
        return self._client.call(do, **arguments)

    def rules(self) -> list[dict[str, Any]]:
        """Return each rule with its switch and counters."""
        found: list[dict[str, Any]] = self.ask("list")
        return found

    def add(self, rules: Sequence[dict[str, Any]]) -> list[str]:
        """Add rules, written as in a rule file; return warnings about those that can never act."""
        warnings: list[str] = self.ask("add", rules=list(rules))
        return warnings

    @contextlib.contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """Switch a rule on for the body of a `with`; off afterwards, whatever happens in it."""
        self.ask("on", name=name)
        try:
            yield
        finally:
            self.ask("off", name=name)
