"""Runs something in a client's container through the engine's API, on our standard streams."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

import docker

from lab.errors import LabError
from lab.sandbox import streams
from lab.sandbox.docker import labels
from lab.sandbox.docker.engine import connect, engine_errors
from lab.sandbox.docker.framing import STDERR, frames
from lab.sandbox.interface import ENTRANCE

_PATIENCE = 5.0


def enter(place: str, words: Sequence[str], *, terminal: bool, gone: Callable[[], object]) -> int:
    """Run the script at a lab's entrance, and return its exit status.

    Args:
        place: the id of a lab.
        words: the arguments of the script.
        terminal: whether it gets a terminal, to which ours is lent.
        gone: called when our terminal has gone.

    Raises:
        LabError: the lab has gone.
    """
    engine = connect()
    with engine_errors(f"entering lab {place}"):
        chosen = [*labels.selector(place)["label"], f"{labels.ROLE}=client"]
        found = engine.api.containers(filters={"label": chosen})
        if not found:
            raise LabError(f"lab {place} has gone")
        term = f"TERM={os.environ.get('TERM', 'dumb') if terminal else ''}"
        made = engine.api.exec_create(
            found[0]["Id"],
            ["env", "-i", term, "sh", ENTRANCE, *words],
            user="client",
            tty=terminal,
            stdin=True,
        )["Id"]
        response = engine.api.exec_start(made, tty=terminal, socket=True)
    remote: Any = getattr(response, "_sock", response)
    remote.settimeout(None)
    try:
        if terminal:
            _lend(engine, made, remote, gone)
        else:
            streams.feed(remote.sendall, lambda: _end_input(remote))
            show(remote.recv)
    finally:
        remote.close()
    return _exit_status(engine, made)


def _lend(engine: docker.DockerClient, made: str, remote: Any, gone: Callable[[], object]) -> None:
    def resize(rows: int, columns: int) -> None:
        with contextlib.suppress(Exception):  # it has ended meanwhile
            engine.api.exec_resize(made, height=rows, width=columns)

    with streams.raw(resize):
        streams.feed(remote.sendall, gone)
        while shown := remote.recv(1 << 16):
            streams.write(1, shown)


def show(receive: Callable[[int], bytes]) -> None:
    """Write what comes to our own standard output and standard error.

    Args:
        receive: as `socket.recv`.

    Raises:
        LabError: it ended in the middle, or the engine reports an error.
    """
    for stream, content in frames(receive):
        streams.write(2 if stream == STDERR else 1, content)


def _end_input(remote: Any) -> None:
    """Say that no more will come, and go on listening."""
    if isinstance(remote, socket.socket):
        # An SSLSocket's own `shutdown` would end the other direction, too.
        socket.socket.shutdown(remote, socket.SHUT_WR)
    else:
        remote.shutdown(socket.SHUT_WR)


def _exit_status(engine: docker.DockerClient, made: str) -> int:
    end = time.monotonic() + _PATIENCE
    with engine_errors("asking how it ended"):
        while True:  # the streams may end before the engine has noticed
            state = engine.api.exec_inspect(made)
            if not state["Running"]:
                return int(state["ExitCode"])
            if time.monotonic() > end:
                raise LabError("the engine closed the streams of a command that goes on")
            time.sleep(0.01)
