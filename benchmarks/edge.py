"""What the fault rules cost: python -m benchmarks.edge

The same requests go straight to an origin, through mitmproxy without the addon, and with it and 0,
1 and 50 rules that do not match, 50 of which some match, in turns within one run; the figures are
medians over the rounds. Origin and proxy have a process each; keep-alive connections, HTTP/1.1.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

PATH = "/github.com/spf13/cobra/@v/v1.8.0.info"
BODY = b'{"Version":"v1.8.0","Time":"2023-11-03T09:00:00Z"}'
CONNECTIONS = 4


def no_match(count: int) -> str:
    """Write rules that know other hosts, modules and endpoints."""
    return "".join(
        f"- {{name: r{n}, where: {{host: 'h{n}.*', module: 'example.org/m{n}/*', endpoint: info}},"
        " do: {body: empty}}\n"
        for n in range(count)
    )


VARIANTS: dict[str, str | None] = {
    "mitmproxy alone": None,
    "addon, 0 rules": "[]",
    "addon, 1 rule": no_match(1),
    "addon, 50 rules": no_match(50),
    "addon, 1000 rules": no_match(1000),
    "addon, 50 rules, 1 acts": no_match(49)
    + "- {name: acts, where: {endpoint: info}, do: {response-headers: {set: {Age: 1}}}}\n",
}


async def _origin(ready: Callable[[int], None]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(head % len(BODY) + BODY)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    ready(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _proxy(origin: int, rules: str | None, ready: Callable[[int], None]) -> None:
    from mitmproxy import options
    from mitmproxy.addons import core, next_layer, proxyserver, tlsconfig
    from mitmproxy.master import Master

    from faults import rules as rule_files
    from faults.addon import Faults

    class Announce:
        def running(self) -> None:
            (server,) = master.addons.get("proxyserver").servers
            ready(server.listen_addrs[0][1])

    with tempfile.TemporaryDirectory() as home:
        mode = f"reverse:http://127.0.0.1:{origin}@127.0.0.1:0"
        master = Master(options.Options(confdir=home, mode=[mode]))
        addons: list[Any] = [core.Core(), proxyserver.Proxyserver(), next_layer.NextLayer()]
        if rules is not None:
            addons.append(Faults(rule_files.parse(rules)))
        master.addons.add(*addons, tlsconfig.TlsConfig(), Announce())
        master.options.update(keep_host_header=True)
        await master.run()


def _serve(pipe: Connection, origin: int, rules: str | None, proxy: bool) -> None:
    asyncio.run(_proxy(origin, rules, pipe.send) if proxy else _origin(pipe.send))


async def _load(port: int, requests: int, connections: int) -> tuple[float, float]:
    """Return the median seconds of a request, and requests per second."""
    ask = f"GET {PATH} HTTP/1.1\r\nHost: proxy.golang.org\r\n\r\n".encode()
    took: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(requests // connections):
            start = time.perf_counter()
            writer.write(ask)
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(len(BODY)) == BODY
            took.append(time.perf_counter() - start)
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return statistics.median(took), len(took) / (time.perf_counter() - start)


def main() -> None:
    """Measure in turns and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=800, help="per variant and round")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    fork = multiprocessing.get_context("spawn")
    running: list[Any] = []

    def start(origin: int, rules: str | None, proxy: bool) -> int:
        ours, theirs = fork.Pipe()
        process = fork.Process(target=_serve, args=(theirs, origin, rules, proxy), daemon=True)
        process.start()
        running.append(process)
        return int(ours.recv())

    try:
        origin = start(0, None, False)
        ports = {"direct": origin}
        ports |= {name: start(origin, rules, True) for name, rules in VARIANTS.items()}
        alone: dict[str, list[float]] = {name: [] for name in ports}
        rate: dict[str, list[float]] = {name: [] for name in ports}
        for _ in range(given.rounds):
            for name, port in ports.items():
                asyncio.run(_load(port, 50, 1))
                alone[name].append(asyncio.run(_load(port, given.requests // 2, 1))[0])
                rate[name].append(asyncio.run(_load(port, given.requests, CONNECTIONS))[1])
        _print(alone, rate)
    finally:
        for process in running:
            process.terminate()
            process.join(5)


def _print(alone: dict[str, list[float]], rate: dict[str, list[float]]) -> None:
    times = {name: statistics.median(values) for name, values in alone.items()}
    rates = {name: statistics.median(values) for name, values in rate.items()}
    bare = "mitmproxy alone"
    print(f"{'':26}{'ms/request':>11}{'x direct':>10}{'x mitmproxy':>12}{'added us':>10}", end="")
    print(f"{'req/s':>8}{'x mitmproxy':>12}")
    for name, took in times.items():
        added = (took - times[bare]) * 1e6
        print(f"{name:26}{took * 1e3:11.3f}{took / times['direct']:10.2f}", end="")
        print(f"{took / times[bare]:12.3f}{added:10.0f}", end="")
        print(f"{rates[name]:8.0f}{rates[name] / rates[bare]:12.3f}")


if __name__ == "__main__":
    main()
