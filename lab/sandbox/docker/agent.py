"""The first process of each container of a lab: it ends when golab does, and all else with it.

Started as `python -m lab.sandbox.docker.agent client|edge|origin`. Its standard input, which golab
holds open, is the lease of the container: at its end the first process ends at once, whatever the
others are busy with. Requests come on the same input; a second process reads them, and has each
served by a process of its own. None of them is root, whatever it started as.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import select
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
from lab.sandbox.docker.codec import decode, encode

USER = 1000
_SOCKET = Path("/lab/control.sock")

Operation = Callable[..., Any]


def main(role: str) -> None:
    """Serve until standard input ends."""
    if os.getuid() == 0:
        _be_a_client()
    server = os.fork()
    if server == 0:
        try:
            _serve(role)
        finally:
            os._exit(1)

    def reap(*_: object) -> None:
        with contextlib.suppress(ChildProcessError):
            while ended := os.waitpid(-1, os.WNOHANG)[0]:
                if ended == server:
                    os._exit(1)

    signal.signal(signal.SIGCHLD, reap)
    reap()
    lease = select.poll()
    lease.register(0, 0)  # its end is always reported
    lease.poll()
    os._exit(0)


def _be_a_client() -> None:
    # An older engine gives a default route even on an internal network. Without it, the kernel
    # says "unreachable" at once; where this fails, the proof of sealing says so.
    subprocess.run(["ip", "route", "flush", "default"], check=False, stderr=subprocess.DEVNULL)
    os.setgroups([])
    os.setgid(USER)
    os.setuid(USER)


def _serve(role: str) -> None:
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


def _client() -> dict[str, Operation]:
    from lab.sandbox import client_ops, network
    from lab.sandbox.docker import sealed

    return {
        "write": client_ops.write,
        "read": client_ops.read,
        "remove": client_ops.remove,
        "has": client_ops.has,
        "run": client_ops.execute,
        "fetch": network.fetch,
        "resolve": network.resolve,
        "handshake": network.handshake,
        "leaks": sealed.leaks,
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
    from lab.edge import authority
    from lab.edge.program import EdgeSpec, run

    def serve(
        address: str,
        names: list[str],
        origin: str,
        secret: bytes,
        *,
        ready: Callable[[], None],
    ) -> None:
        home = Path("/lab/authority")
        authority.put(secret, home)
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
