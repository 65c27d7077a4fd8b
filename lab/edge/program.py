"""Runs the edge: DNS on :53, TLS on :443, plain HTTP on :80, a forward proxy on :8080."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from lab.edge import lean  # noqa: F401 - before anything of mitmproxy's

# isort: split
from mitmproxy import options
from mitmproxy.addons import core, next_layer, proxyserver, tlsconfig
from mitmproxy.master import Master

from faults.addon import Faults
from faults.traffic.internals import remember_udp_clients, reuse_idle_connections
from lab.edge.failures import Failures
from lab.edge.handlers import Handlers
from lab.edge.routing import LabNames, ToOrigin
from lab.errors import LabError


@dataclass(frozen=True)
class EdgeSpec:
    """Where an edge listens, which names it serves, and where the origin is.

    `authority` is the directory with the certificate authority, `token` what the origin knows this
    edge by; `other` and `address6` further addresses to listen at, if this machine has them.
    """

    address: str
    names: tuple[str, ...]
    origin: tuple[str, int]
    authority: Path
    token: str
    other: str = ""
    address6: str = ""


Started = Callable[[Faults], Awaitable[None]]
"""Awaited once every port is open; the edge serves meanwhile."""


def run(spec: EdgeSpec, started: Started) -> None:
    """Serve until the process is ended."""
    logging.getLogger("mitmproxy").setLevel(logging.ERROR)
    reuse_idle_connections()
    remember_udp_clients()
    asyncio.run(_serve(spec, started))


class _Ready:
    """Goes on when mitmproxy has started, and ends it if one of its ports is not open."""

    def __init__(
        self,
        master: Master,
        servers: proxyserver.Proxyserver,
        faults: Faults,
        started: Started,
        address6: str,
    ) -> None:
        self.master = master
        self.servers = servers
        self.faults = faults
        self.started = started
        self.address6 = address6
        self.error: LabError | None = None
        """Why the edge has ended; mitmproxy would keep to itself what is raised here."""
        self._task: asyncio.Task[None] | None = None

    def running(self) -> None:
        """mitmproxy's event: every server has been tried."""
        for server in self.servers.servers:
            if not server.is_running:
                mode, why = server.mode, server.last_exception
                said = os.strerror(why.errno) if isinstance(why, OSError) and why.errno else why
                where = f"{mode.custom_listen_host}:{mode.custom_listen_port}"
                self.error = LabError(f"it cannot listen at {where}: {str(said).lower()}")
                self.master.shutdown()
                return
        self._task = asyncio.ensure_future(self._serve())

    async def _serve(self) -> None:
        with contextlib.suppress(OSError):  # without IPv6 there is no such address
            for server in self.servers.servers if self.address6 else ():
                # mitmproxy wants one spelling of an IPv6 address for TCP and another for UDP.
                port = server.mode.custom_listen_port
                await asyncio.start_server(server.handle_stream, self.address6, port)
        await self.started(self.faults)


_MODES = (
    "reverse:https://edge.invalid@{}:443",
    "reverse:http://edge.invalid@{}:80",
    "regular@{}:8080",
)


def _has(address: str) -> bool:
    """Tell whether this is an address of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return bool(address)


async def _serve(spec: EdgeSpec, started: Started) -> None:
    master = Master(options.Options())
    master.addons = addons = Handlers(master)
    servers, faults = proxyserver.Proxyserver(), Faults()
    ready = _Ready(master, servers, faults, started, spec.address6)
    addons.add(
        core.Core(),
        servers,
        next_layer.NextLayer(),
        tlsconfig.TlsConfig(),
        faults,
        Failures(faults.ledger, spec.origin),
        LabNames(spec.names, spec.address),
        ToOrigin(spec.names, spec.origin, spec.token),
        ready,
    )
    addresses = [spec.address, *([spec.other] if _has(spec.other) else [])]
    master.options.update(
        confdir=str(spec.authority),
        mode=[f"dns@{spec.address}:53"]
        + [mode.format(address) for address in addresses for mode in _MODES],
        connection_strategy="lazy",
        upstream_cert=False,
        keep_host_header=True,
    )
    await master.run()
    if ready.error:
        raise ready.error
