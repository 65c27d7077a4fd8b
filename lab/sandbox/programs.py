"""The edge and the origin as parts of a lab: loaded at once, told later what to serve.

The first request of golab's is `start`; its reply comes when the part answers on its ports. From
then on the same conversation controls it, and its end is the part's end.
"""

from __future__ import annotations

import asyncio
import gc
import io
import os
import stat
import tarfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from socket import socket
from typing import Any, Literal, NoReturn

from faults.protocol import LINE
from lab.errors import reason
from lab.sandbox import codec

Role = Literal["edge", "origin"]
Started = Callable[[Any], None]
"""Called once the part answers, with the value of the reply."""

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[dict[str, Any], "Conversation"], None]


class Conversation:
    """The line of a part to golab, whichever descriptors that is made of."""

    def __init__(self, role: Role, reading: int, writing: int) -> None:
        self._role = role
        self._reading, self._writing = reading, writing
        self._number: Any = None

    def request(self) -> dict[str, Any] | None:
        """Wait for the first request; None if golab ends without any."""
        line = b""
        while not line.endswith(b"\n"):
            piece = os.read(self._reading, 1 << 20)
            if not piece:
                return None
            line += piece
        message = codec.decode(line)
        self._number = message.pop("id", None)
        message.pop("do")
        return message

    def reply(self, value: Any) -> None:
        """Answer the first request."""
        self._write({"id": self._number, "value": value})

    def fail(self, error: BaseException) -> None:
        """Say why there is no other answer to the first request."""
        said = f"the {self._role} of the lab did not start: {reason(error)}"
        self._write({"id": self._number, "error": said})

    def _write(self, message: Any) -> None:
        data = codec.encode(message)
        while data:
            data = data[os.write(self._writing, data) :]

    async def go_on(self, talk: Talk) -> NoReturn:
        """Have the following requests answered; this process ends with them."""
        await talk(*await self._streams())
        os._exit(0)

    async def _streams(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if stat.S_ISSOCK(os.fstat(self._reading).st_mode):
            return await asyncio.open_connection(sock=socket(fileno=self._reading), limit=LINE)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(LINE)
        protocol = asyncio.StreamReaderProtocol(reader)
        await loop.connect_read_pipe(lambda: protocol, os.fdopen(self._reading, "rb", 0))
        transport, _ = await loop.connect_write_pipe(
            lambda: protocol, os.fdopen(self._writing, "wb", 0)
        )
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


def run(role: Role, reading: int, writing: int) -> None:
    """Be a part of a lab until golab ends the conversation."""
    conversation = Conversation(role, reading, writing)
    serve = _edge() if role == "edge" else _origin()
    gc.freeze()
    gc.enable()
    arguments = conversation.request()
    if arguments is None:
        return
    try:
        serve(arguments, conversation)
    except BaseException as error:
        conversation.fail(error)
        raise


def _edge() -> Serve:
    from faults.control import serve_stream
    from lab.edge import authority
    from lab.edge.program import EdgeSpec, run

    def serve(arguments: dict[str, Any], conversation: Conversation) -> None:
        home = Path(arguments["home"], "authority")
        secret, certificate = authority.create()
        authority.put(secret, home)
        spec = EdgeSpec(
            arguments["address"],
            tuple(arguments["names"]),
            (arguments["origin"], 80),
            home,
            arguments["token"],
            arguments.get("other", ""),
            arguments.get("address6", ""),
        )

        async def started(faults: Any) -> None:
            conversation.reply({"certificate": certificate})
            await conversation.go_on(lambda *streams: serve_stream(faults, *streams))

        run(spec, started)

    return serve


def _origin() -> Serve:
    from lab.origin import server
    from lab.origin.control import serve_stream
    from lab.world.tree import Tree

    def serve(arguments: dict[str, Any], conversation: Conversation) -> None:
        world = Path(arguments["world"])
        if "tar" in arguments:
            with tarfile.open(fileobj=io.BytesIO(arguments["tar"])) as archive:
                archive.extractall(world)  # noqa: S202 - golab made it

        async def started(origin: Any) -> None:
            conversation.reply(None)
            await conversation.go_on(lambda *streams: serve_stream(origin, *streams))

        address = (arguments["address"], 80)
        server.serve(Tree(world), address, token=arguments["token"], started=started)

    return serve
