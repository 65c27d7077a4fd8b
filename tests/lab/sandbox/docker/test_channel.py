"""A container that takes nothing more does not keep golab waiting, whatever there is to send."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from lab.errors import LabError
from lab.sandbox.docker.channel import Channel

MUCH = "x" * (8 << 20)  # more than sockets hold


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel, and the engine's end of its connection."""
    ours, theirs = socket.socketpair()
    engine: Any = SimpleNamespace(api=SimpleNamespace(attach_socket=lambda *_, **__: ours))
    channel = Channel(engine, "c0ffee", "golab-edge", threading.Event())
    yield channel, theirs
    channel.close()
    theirs.close()


@pytest.mark.timeout(20)
def test_a_container_that_ends_while_it_is_sent_to(ends: tuple[Channel, socket.socket]) -> None:
    channel, engine = ends
    threading.Timer(0.3, engine.shutdown, (socket.SHUT_WR,)).start()
    with pytest.raises(LabError, match="golab-edge has ended"):
        channel.ask("start", MUCH, patience=60)


@pytest.mark.timeout(20)
def test_an_engine_that_takes_nothing(ends: tuple[Channel, socket.socket]) -> None:
    channel, _ = ends
    with pytest.raises(LabError, match="golab-edge has ended"):
        channel.ask("start", MUCH, patience=0.5)
