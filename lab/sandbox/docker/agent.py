"""The first process of each container of a lab: does what golab asks, and ends when golab does.

Started as `python -m lab.sandbox.docker.agent client|edge|origin`. Requests come on standard
input, which golab holds open: its end is the end of the container, whatever runs in it. Each
request is served by a forked process; in the client's container by one that is not root.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.sandbox.control import call
from lab.sandbox.docker.wire import decode, encode

USER = 1000
_SOCKET = Path("/lab/control.sock")

Operation = Callable[..., Any]


def main(role: str) -> None:
    """Serve until standard input ends."""
    replies = os.dup(1)
    os.dup2(2, 1)  # nothing but replies goes where golab reads
    lock = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
    operations = _client() if role == "client" else _program(role)
    signal.signal(signal.SIGCHLD, _reap)
    for line in _lines(0):
        if os.fork():
            continue
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            reply = encode(_answered(line, operations))
            fcntl.lockf(lock, fcntl.LOCK_EX)
            with open(replies, "wb") as out:  # noqa: PTH123 - a descriptor
                out.write(reply)
        finally:
            os._exit(0)
    os._exit(0)


def _lines(descriptor: int) -> Iterator[bytes]:
    rest = b""
    pieces: list[bytes] = []
    while piece := os.read(descriptor, 1 << 20):
        *whole, rest = piece.split(b"\n")
        if not whole:
            pieces.append(rest)
            continue
        yield b"".join(pieces) + whole[0]
        yield from whole[1:]
        pieces = [rest]


def _answered(line: bytes, operations: Mapping[str, Operation]) -> dict[str, Any]:
    number, name = None, "a request"
    try:
        request = decode(line)
        number, name = request["id"], request["do"]
        return {"id": number, "value": operations[name](*request["with"])}
    except LabError as error:
        return {"id": number, "error": str(error)}
    except BaseException as error:  # noqa: BLE001 - whatever it is, golab must hear of it
        said = f"{name} failed in the lab: {type(error).__name__}: {error}"
        return {"id": number, "error": said}


def _reap(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def become_client() -> None:
    """Be the user `client` from here on, without a way back."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(USER)
        os.setuid(USER)


def _client() -> dict[str, Operation]:
    from lab.sandbox import network, operations
    from lab.sandbox.docker import sealed

    # An older engine gives a default route even on an internal network. Without it, the kernel
    # says "unreachable" at once; where this fails, the proof of sealing says so.
    subprocess.run(["ip", "route", "flush", "default"], check=False, stderr=subprocess.DEVNULL)

    def write(files: Mapping[str, str | bytes]) -> None:
        etc = {name: text for name, text in files.items() if name.startswith("/etc/")}
        operations.write(etc)
        become_client()
        operations.write({name: text for name, text in files.items() if name not in etc})

    def as_client(operation: Operation) -> Operation:
        def serve(*arguments: Any) -> Any:
            become_client()
            return operation(*arguments)

        return serve

    return {
        "write": write,
        "read": as_client(operations.read),
        "remove": as_client(operations.remove),
        "has": as_client(operations.has),
        "run": as_client(lambda command: operations.execute(command, become_client)),
        "fetch": as_client(network.fetch),
        "resolve": as_client(network.resolve),
        "handshake": as_client(network.handshake),
        "leaks": as_client(sealed.leaks),
    }


def _program(role: str) -> dict[str, Operation]:
    """Load the edge or the origin at once; it serves when it is told what."""
    serve = _edge() if role == "edge" else _origin()

    def start(*arguments: Any) -> None:
        reading, writing = os.pipe()
        if os.fork():
            os.close(writing)
            with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor
                said = pipe.read()
            if said != b"ready":
                why = said.decode(errors="replace") or "it ended without a word"
                raise LabError(f"the {role} of the lab did not start: {why}")
            return

        def say(message: bytes) -> None:
            with contextlib.suppress(OSError):
                os.write(writing, message[:4000])
                os.close(writing)

        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(*arguments, ready=lambda: say(b"ready"))
        except BaseException as error:  # noqa: BLE001 - golab must hear of it
            say(f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(1)

    return {"start": start, role: lambda request: call(_SOCKET, request)}


def _edge() -> Operation:
    from lab.edge.program import EdgeSpec, run

    def serve(
        address: str,
        names: list[str],
        origin: str,
        authority: Mapping[str, bytes],
        *,
        ready: Callable[[], None],
    ) -> None:
        home = Path("/lab/authority")
        home.mkdir(mode=0o700)
        for name, content in authority.items():
            (home / name).write_bytes(content)
        run(EdgeSpec(address, tuple(names), (origin, 80), home, _SOCKET), ready)

    return serve


def _origin() -> Operation:
    from lab.origin import server
    from lab.world.tree import Tree

    def serve(address: str, world: bytes, *, ready: Callable[[], None]) -> None:
        with tarfile.open(fileobj=io.BytesIO(world)) as archive:
            archive.extractall("/lab/world")  # noqa: S202 - golab made it
        server.serve(Tree(Path("/lab/world")), (address, 80), control=_SOCKET, ready=ready)

    return serve


if __name__ == "__main__":
    main(sys.argv[1])
