"""Runtime control of the rules over a local socket: one JSON object per line, one line back.

    {"do": "list"}                          -> {"rules": […]}
    {"do": "add", "rules": […]}             rules of the same name are replaced
    {"do": "arm", "rules": […], "seed": 7}  all rules, counters and switches anew
                                            both: with "on": false they wait to be switched on
    {"do": "remove" | "on" | "off", "name": "stale-list"}
    {"do": "throw", "switch": "deployed"}
    {"do": "fired"}  {"do": "clear"}
    {"do": "ledger"}                        -> {"records": […], "opened": 12}
    {"do": "ledger", "after": 12}           without the first 12 that there ever were

Every answer has `ok`; a refusal has `error`, and nothing has changed. Answers to `add` and `arm`
have `warnings`: which of the rules can never act, and why.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from faults import validation
from faults.dead import dead
from faults.rules import from_data
from faults.yamlsource import nearest

if TYPE_CHECKING:
    from faults.addon import Faults

LINE = 1 << 24
_TIMEOUT = 10.0


class Request(BaseModel):
    """One line from a client."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    do: str
    name: str = ""
    switch: str = ""
    rules: list[Any] = []
    seed: int = 0
    on: bool = True
    after: int = Field(default=0, ge=0)


class ControlError(RuntimeError):
    """The edge refused, or cannot be reached."""


def _commands(faults: Faults) -> dict[str, Callable[[Request], dict[str, Any] | None]]:
    armoury, ledger = faults.armoury, faults.ledger

    def arm(asked: Request) -> dict[str, Any]:
        faults.arm(from_data(asked.rules), asked.seed, on=asked.on)
        return warnings()

    def add(asked: Request) -> dict[str, Any]:
        armoury.add(from_data(asked.rules), on=asked.on)
        return warnings()

    def warnings() -> dict[str, Any]:
        found = dead([one.rule for one in armoury])
        return {"warnings": [f"rule {name} can never act: {reason}" for name, reason in found]}

    return {
        "list": lambda _: {"rules": armoury.status()},
        "fired": lambda _: {"fired": faults.fired()},
        "ledger": lambda asked: {
            "records": ledger.snapshot(asked.after),
            "opened": ledger.opened,
        },
        "clear": lambda _: ledger.clear(),
        "arm": arm,
        "add": add,
        "remove": lambda asked: armoury.remove(asked.name),
        "on": lambda asked: armoury.switch(asked.name, on=True),
        "off": lambda asked: armoury.switch(asked.name, on=False),
        "throw": lambda asked: armoury.throw(asked.switch),
    }


async def serve(faults: Faults, path: Path) -> asyncio.Server:
    """Listen on a Unix socket that only its owner may use; close the server to end it.

    Raises:
        OSError: the socket cannot be made, or somebody listens on it.
    """
    commands = _commands(faults)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                answer = _answer(line, commands)
                await faults.settled()
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(talk, sock=_bound(path), limit=LINE)


def _bound(path: Path) -> socket.socket:
    """Bind a socket for the owner alone, in place of one that nobody listens on any more."""
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                raise OSError(f"{path}: somebody listens here already")
        path.unlink()
    bound = socket.socket(socket.AF_UNIX)
    try:
        bound.bind(str(path))
        path.chmod(0o600)
    except OSError:
        bound.close()
        raise
    return bound


def _answer(line: bytes, commands: dict[str, Any]) -> dict[str, Any]:
    try:
        asked = validation.validated(json.loads(line), Request, "control")
        command = commands.get(asked.do) or _unknown(asked.do, commands)
        return {"ok": True, **(command(asked) or {})}
    except KeyError as gone:
        return {"ok": False, "error": f"there is no rule {gone}"}
    except (ValueError, RecursionError) as wrong:
        return {"ok": False, "error": str(wrong)}


def _unknown(word: str, commands: dict[str, Any]) -> Any:
    raise ValueError(f"unknown word {word!r}{nearest(word, commands)}")


class Control:
    """A connection to a running edge.

    Args:
        path: its control socket.
    """

    def __init__(self, path: Path | str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_TIMEOUT)
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise ControlError(f"{path}: {error.strerror}; is the edge running?") from None
        self._stream = self._socket.makefile("rwb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._stream.close()
        self._socket.close()

    def ask(self, do: str, **rest: Any) -> dict[str, Any]:
        """Send one request and return the answer.

        Raises:
            ControlError: refused, or the edge has gone.
        """
        self._stream.write(json.dumps({"do": do, **rest}).encode() + b"\n")
        self._stream.flush()
        line = self._stream.readline()
        if not line:
            raise ControlError("the edge has gone")
        answer: dict[str, Any] = json.loads(line)
        if not answer["ok"]:
            raise ControlError(answer["error"])
        return answer

    def rules(self) -> list[dict[str, Any]]:
        """Return each rule with its switch and counters."""
        found: list[dict[str, Any]] = self.ask("list")["rules"]
        return found

    def add(self, rules: Sequence[dict[str, Any]]) -> list[str]:
        """Add rules, written as in a rule file; return warnings about those that can never act."""
        warnings: list[str] = self.ask("add", rules=list(rules))["warnings"]
        return warnings

    @contextlib.contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """Switch a rule on for the body of a `with`; off afterwards, whatever happens in it."""
        self.ask("on", name=name)
        try:
            yield
        finally:
            self.ask("off", name=name)
