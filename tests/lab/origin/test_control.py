"""The control socket: state and log of an origin in a process of its own."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lab.origin import control
from lab.origin.app import Entry, Origin
from lab.origin.control import Control, carry_out
from lab.origin.state import OriginState
from lab.world.tree import Tree
from tests.lab.origin.asking import running


def test_the_next_request_sees_a_new_state(tree: Tree, tmp_path: Path) -> None:
    door = tmp_path / "control"
    with running(tree, "--control", door) as port:
        url = f"http://127.0.0.1:{port}/rsc.io/quote/@v/v1.5.2.info"
        assert urllib.request.urlopen(url, timeout=10).status == 200
        asking = Control(door)
        state = OriginState(
            credentials={"valid": "revoked"},
            absent=("rsc.io/quote@v1.5.2",),
            frozen={"goproxy.cn": "2020-01-01T00:00:00Z"},
            sumdb_size=7,
            forked=("goproxy.cn",),
        )
        asking.set(state)
        assert asking.state() == state
        with pytest.raises(urllib.error.HTTPError, match="404: Not Found"):
            urllib.request.urlopen(url, timeout=10)
        assert [(entry["status"], entry["method"]) for entry in asking.log()] == [
            (200, "GET"), (404, "GET"),
        ]  # fmt: skip
    assert not door.exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"credential": {}}, "unknown key 'credential'; one of absent, credentials"),
        ({"credentials": {"valid": "stale"}}, "'stale' is no status; one of valid, expired"),
        ({"credentials": ["valid"]}, "credentials must map names to text"),
        ({"absent": "x@v1.0.0"}, "absent must be a list of names"),
        ({"frozen": {"goproxy.cn": "yesterday"}}, "yesterday"),
        ({"sumdb_size": True}, "sumdb_size must be a number of records, not True"),
        ({"sumdb_size": -1}, "sumdb_size must be a number of records, not -1"),
    ],
)
def test_a_state_that_makes_no_sense_is_refused_and_changes_nothing(
    origin: Origin, data: dict[str, object], says: str
) -> None:
    before = origin.state
    with pytest.raises(ValueError, match=re.escape(says)):
        carry_out(origin, {"do": "set", "state": data})
    assert origin.state is before


def test_what_is_no_message_is_answered_with_an_error(tree: Tree, tmp_path: Path) -> None:
    door = tmp_path / "control"
    with running(tree, "--control", door) as port:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/rsc.io/quote/@v/list", timeout=10)
        for sent in (
            b"not json\n", b"[]\n", b'{"do": "everything"}\n', b'{"do": "set", "state": 1}\n',
            b'{"do": "log", "after": []}\n', b'{"do": "log", "after": -1}\n',
        ):  # fmt: skip
            with closing(socket.socket(socket.AF_UNIX)) as caller:
                caller.connect(str(door))
                caller.sendall(sent)
                answer = json.loads(caller.makefile().readline())
                assert "defect" not in answer["error"]
        assert Control(door).state() == OriginState()


def test_the_log_without_what_is_known_on_a_stream_that_is_connected_already(
    origin: Origin,
) -> None:
    for number in range(3):
        origin.log.append(Entry(number, "goproxy.cn", "GET", f"/{number}", 200, None, 1))
    origin.seen = 5  # two have been dropped

    async def converse() -> list[Any]:
        ours, theirs = socket.socketpair()
        served = asyncio.create_task(
            control.serve_stream(origin, *await asyncio.open_connection(sock=theirs))
        )
        reader, writer = await asyncio.open_connection(sock=ours)
        writer.write(b'{"id": 1, "do": "log"}\n{"id": 2, "do": "log", "after": 4}\n')
        answers = [json.loads(await reader.readline()) for _ in range(2)]
        writer.close()
        await served
        return answers

    everything, new = asyncio.run(converse())
    assert [entry["path"] for entry in everything["value"]["records"]] == ["/0", "/1", "/2"]
    assert (new["id"], new["value"]["total"]) == (2, 5)
    assert [entry["path"] for entry in new["value"]["records"]] == ["/2"]
