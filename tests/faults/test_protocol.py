"""The protocol of the control sockets, on a stream."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Sequence

import pytest

from faults import control, protocol
from faults.control import ControlError
from faults.engine.ruleset import Ruleset
from faults.rules import Rule
from faults.traffic.ledger import Ledger
from tests.faults.clients import LIST, curl
from tests.faults.edge import Edge

STALE = {
    "name": "stale-list",
    "where": {"endpoint": "list"},
    "do": {"stale-list": {"without": ["v1.8.0"]}},
}


def test_on_a_stream_that_is_connected_already(edge: Edge) -> None:
    ours, theirs = socket.socketpair()

    async def talk() -> None:
        streams = await asyncio.open_connection(sock=theirs, limit=protocol.LINE)
        await control.serve_stream(edge.faults, *streams)

    with protocol.Client(ours) as client:
        served = asyncio.run_coroutine_threadsafe(talk(), edge.loop)
        assert client.call("add", rules=[STALE]) == []
        assert curl(edge, LIST).body == b"v1.6.1\nv1.7.0\n"
        assert client.call("fired") == {"stale-list": 1}
        with pytest.raises(ControlError, match="there is no rule 'nobody'"):
            client.call("off", name="nobody")
    assert served.result(5) is None


def test_what_breaks_a_command_is_told_and_does_not_end_the_conversation() -> None:
    async def handle(request: protocol.Request) -> object:
        return {"deep": 1} if request["do"] == "fine" else 1 / 0

    async def converse() -> list[object]:
        ours, theirs = socket.socketpair()
        served = asyncio.create_task(
            protocol.serve_stream(handle, *await asyncio.open_connection(sock=theirs))
        )
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.write(b'{"do": "divide"}\n{"do": "fine"}\n' + b"x" * 100_000)
        answers = [json.loads(await reader.readline()) for _ in range(2)]
        assert await reader.read() == b""  # longer than a line of this stream may be
        writer.close()
        await served
        return answers

    failed, fine = asyncio.run(converse())
    assert failed == {"error": "a defect of golab: ZeroDivisionError: division by zero"}
    assert fine == {"value": {"deep": 1}}


def test_an_answer_comes_when_the_change_has_come_into_force() -> None:
    class Slow:
        def __init__(self) -> None:
            self.ruleset = Ruleset(lambda _: None)
            self.ledger = Ledger()
            self.in_force = False

        def arm(self, rules: Sequence[Rule], seed: int, *, on: bool = True) -> None:
            self.ruleset.arm(rules, seed, on=on)

        def fired(self) -> dict[str, int]:
            return {}

        async def settled(self) -> None:
            await asyncio.sleep(0.05)
            self.in_force = True

    async def converse() -> bool:
        slow = Slow()
        ours, theirs = socket.socketpair()
        served = asyncio.create_task(
            control.serve_stream(slow, *await asyncio.open_connection(sock=theirs))
        )
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.write(json.dumps({"do": "add", "rules": [STALE]}).encode() + b"\n")
        assert json.loads(await reader.readline()) == {"value": []}
        in_force = slow.in_force
        writer.close()
        await served
        return in_force

    assert asyncio.run(converse())
