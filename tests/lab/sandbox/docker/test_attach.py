"""A container that takes nothing more does not keep golab waiting, whatever there is to send."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from lab.errors import LabError
from lab.sandbox.channel import Channel
from lab.sandbox.docker.attach import Attached
from lab.sandbox.docker.framing import STDERR, STDOUT, SYSTEM

MUCH = "x" * (8 << 20)  # more than sockets hold


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel, and the engine's end of its connection."""
    ours, theirs = socket.socketpair()
    engine: Any = SimpleNamespace(api=SimpleNamespace(attach_socket=lambda *_, **__: ours))
    channel = Channel("golab-edge", Attached(engine, "c0ffee", "golab-edge"))
    yield channel, theirs
    channel.close()
    theirs.close()


@pytest.mark.timeout(20)
def test_a_container_that_ends_while_it_is_sent_to(ends: tuple[Channel, socket.socket]) -> None:
    channel, engine = ends
    threading.Timer(0.3, engine.shutdown, (socket.SHUT_WR,)).start()
    with pytest.raises(LabError, match="golab-edge has ended"):
        channel.ask("start", world=MUCH, patience=60)


@pytest.mark.timeout(20)
def test_an_engine_that_takes_nothing(ends: tuple[Channel, socket.socket]) -> None:
    channel, _ = ends
    with pytest.raises(LabError, match="golab-edge has ended"):
        channel.ask("start", world=MUCH, patience=0.5)


def frame(stream: int, content: bytes) -> bytes:
    return struct.pack(">B3xL", stream, len(content)) + content


@pytest.mark.timeout(20)
def test_replies_come_on_standard_output_and_last_words_on_standard_error(
    ends: tuple[Channel, socket.socket],
) -> None:
    channel, engine = ends
    call = channel.call("leaks")
    engine.sendall(frame(STDERR, b"warming up\n") + frame(STDOUT, b'{"id": 0, "val'))
    engine.sendall(frame(STDOUT, b'ue": [7]}\n') + frame(STDERR, b"MemoryError: no room\n"))
    assert call.result(10) == [7]
    engine.shutdown(socket.SHUT_WR)
    with pytest.raises(LabError, match="golab-edge has ended: MemoryError: no room"):
        channel.ask("leaks", patience=10)


@pytest.mark.timeout(20)
def test_an_error_of_the_engine_is_said(ends: tuple[Channel, socket.socket]) -> None:
    channel, engine = ends
    call = channel.call("leaks")
    engine.sendall(frame(SYSTEM, b"container is paused\n"))
    with pytest.raises(LabError, match="the Docker engine broke off: container is paused"):
        call.result(10)
