"""A real mitmproxy on loopback, in a thread of its own, with the faults addon in it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from mitmproxy import dns, options
from mitmproxy.addons import core, next_layer, proxyserver, tlsconfig
from mitmproxy.master import Master

from faults import rules
from faults.addon import Faults

T = TypeVar("T")


OTHER = "127.0.0.9"
"""The second address that the edge listens at, at the port `other`."""


class Resolver:
    """Every name is here."""

    def dns_request(self, flow: dns.DNSFlow) -> None:
        question = flow.request.question
        if flow.response or flow.error or not question:
            return
        address = {dns.types.A: bytes([127, 0, 0, 1]), dns.types.AAAA: bytes(15) + b"\1"}
        data = address.get(question.type)
        flow.response = flow.request.succeed(
            [dns.ResourceRecord(question.name, question.type, question.class_, 60, data)]
            if data
            else []
        )


class Edge:
    """The running proxy. All traffic of `port` (plain or TLS) goes to the origin."""

    def __init__(self, confdir: Path) -> None:
        self.faults = Faults()
        self.confdir = confdir
        self.ca = confdir / "mitmproxy-ca-cert.pem"
        self.loop = asyncio.new_event_loop()
        self.ports: dict[str, int] = {}
        self.master: Any = None

    @property
    def port(self) -> int:
        return self.ports["reverse"]

    @property
    def forward(self) -> int:
        return self.ports["regular"]

    @property
    def dns(self) -> int:
        return self.ports["dns"]

    def call(self, work: Callable[[], T]) -> T:
        """Run `work` in the proxy's event loop."""

        async def run() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(10)

    def wait(self, work: Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(20)

    def arm(self, text: str = "[]", seed: int = 7) -> None:
        parsed = rules.parse(text)
        self.call(self.faults.ledger.clear)
        self.call(lambda: self.faults.arm(parsed, seed))
        self.wait(self.faults.settled())

    def records(self, kind: str | None = None) -> list[dict[str, Any]]:
        found = self.call(self.faults.ledger.snapshot)
        return [record for record in found if kind in (None, record["kind"])]

    def fired(self) -> dict[str, int]:
        return self.call(self.faults.fired)

    def eventually(self, test: Callable[[], bool], within: float = 3.0) -> bool:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if test():
                return True
            time.sleep(0.01)
        return test()


class Announcer:
    """Says when the ports are open, and which they are."""

    def __init__(self, edge: Edge, ready: threading.Event) -> None:
        self.edge = edge
        self.ready = ready

    def running(self) -> None:
        for server in self.edge.master.addons.get("proxyserver").servers:
            address, port = server.listen_addrs[0]
            self.edge.ports["other" if address == OTHER else server.mode.type_name] = port
        self.ready.set()


@contextmanager
def run(
    confdir: Path, origin: int, extra: Sequence[Any] = (), *, first: Sequence[Any] = ()
) -> Iterator[Edge]:
    edge = Edge(confdir)
    ready = threading.Event()

    async def main() -> None:
        opts = options.Options(
            confdir=str(confdir),
            mode=[
                f"reverse:http://127.0.0.1:{origin}@127.0.0.1:0",
                "regular@127.0.0.1:0",
                "dns@127.0.0.1:0",
                f"reverse:http://127.0.0.1:{origin}@{OTHER}:0",
            ],
        )
        master = Master(opts)
        master.addons.add(
            core.Core(),
            proxyserver.Proxyserver(),
            next_layer.NextLayer(),
            tlsconfig.TlsConfig(),
            *first,
            edge.faults,
            Resolver(),
            Announcer(edge, ready),
            *extra,
        )
        opts.update(keep_host_header=True, connection_strategy="lazy", ssl_insecure=True)
        edge.master = master

        await master.run()

    thread = threading.Thread(target=lambda: edge.loop.run_until_complete(main()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield edge
    finally:
        edge.arm()
        edge.master.shutdown()
        thread.join(10)
        pending = asyncio.all_tasks(edge.loop)
        for task in pending:
            task.cancel()
        if pending:
            edge.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        edge.loop.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def arm(edge: Edge, where: str, do: str, seed: int = 7) -> None:
    """Arm one rule, `it`; PORT stands for the edge's own."""
    rule = f"{{name: it, where: {where}, do: {do}}}"
    edge.arm(f"[{rule}]".replace("PORT", str(edge.port)), seed)
