"""Serves an origin until it is told to stop: HTTP/1.1 plain, HTTP/2 and HTTP/1.1 with TLS."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, cast

from lab.origin import h1
from lab.origin.app import Origin
from lab.origin.control import serve as serve_control
from lab.world.tree import Tree

BACKLOG = 1024
_IDLE_SECONDS = 600.0
_GRACE_SECONDS = 0.5

Started = Callable[[Origin], Awaitable[None]]
Until = Callable[[], Coroutine[Any, Any, None]]
_keep: set[asyncio.Future[None]] = set()  # of a task nobody holds, asyncio lets go


def listen(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Bind a listening TCP socket; from then on connections wait instead of being refused.

    Raises:
        OSError: the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)


def serve(
    tree: Tree,
    where: tuple[str, int] | Sequence[socket.socket],
    *,
    tls: tuple[Path, Path] | None = None,
    tunnel: socket.socket | None = None,
    control: Path | None = None,
    token: str = "",
    started: Started | None = None,
    until: Until | None = None,
) -> None:
    """Serve the world of `tree` until SIGINT or SIGTERM, or until `until` has ended; then return.

    Args:
        tree: the world, built.
        where: an address and port, or listening sockets (see `listen`), closed in the end.
        tls: certificate chain and private key, PEM files; with it HTTP/2 is offered, too.
        tunnel: a listening socket for `lab.origin.tunnel`, which ends at the first of `where`.
        control: where to make the Unix socket for `lab.origin.control`.
        token: what requests must bear (`lab.origin.app.EDGE_HEADER`); '': nothing.
        started: awaited once requests are being answered, which goes on meanwhile.
        until: what decides, in place of signals, how long they are; what it raises is raised.

    Raises:
        OSError: the address is taken or not ours, or the control socket cannot be made.
    """
    match where:
        case (str(host), int(port)):
            sockets = [listen(host, port)]
        case _:
            sockets = cast("list[socket.socket]", list(where))
    asyncio.run(_serve(Origin(tree, token=token), sockets, tls, tunnel, control, started, until))


async def _serve(
    origin: Origin,
    sockets: Sequence[socket.socket],
    tls: tuple[Path, Path] | None,
    tunnel: socket.socket | None,
    control: Path | None,
    started: Started | None,
    until: Until | None,
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in () if until else (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as doors:
        if control:
            await doors.enter_async_context(await serve_control(origin, control))
            doors.callback(control.unlink, missing_ok=True)
        if tunnel:
            from lab.origin import tunnel as way

            end = sockets[0].getsockname()[:2]
            await doors.enter_async_context(await way.start(tunnel, origin.tree.hosts, end))
        if started:
            _keep.add(asyncio.ensure_future(started(origin)))
        waited = asyncio.ensure_future(until()) if until else None
        if waited:
            waited.add_done_callback(lambda _: stop.set())
        await (_secure(origin, sockets, tls, stop) if tls else _plain(origin, sockets, stop))
        if waited:
            await waited


async def _plain(origin: Origin, sockets: Sequence[socket.socket], stop: asyncio.Event) -> None:
    open_connections = set[asyncio.Task[None]]()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        open_connections.add(task)
        task.add_done_callback(open_connections.discard)
        with contextlib.suppress(asyncio.CancelledError):
            await h1.connection(origin, reader, writer)

    for sock in sockets:
        # Inherited by what is accepted; asyncio does it only where the protocol number is known.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    servers = [await asyncio.start_server(connected, sock=sock) for sock in sockets]
    await stop.wait()
    for server in servers:
        server.close()
    for task in open_connections:
        task.cancel()
    await asyncio.gather(*open_connections, return_exceptions=True)


async def _secure(
    origin: Origin, sockets: Sequence[socket.socket], tls: tuple[Path, Path], stop: asyncio.Event
) -> None:
    import hypercorn.asyncio
    from hypercorn.config import Config

    async def stopped() -> None:
        await stop.wait()

    config = Config()
    config.bind = [f"fd://{sock.detach()}" for sock in sockets]
    config.certfile, config.keyfile = map(str, tls)
    config.backlog = BACKLOG
    config.keep_alive_timeout = _IDLE_SECONDS
    config.keep_alive_max_requests = 1 << 30
    config.graceful_timeout = config.shutdown_timeout = _GRACE_SECONDS
    config.include_server_header = False
    config.errorlog = config.accesslog = None
    await hypercorn.asyncio.serve(cast("Any", origin), config, shutdown_trigger=stopped)
