"""Requests per second of the origin, against plain static file servers over the same tree.

    python benchmarks/origin.py [--seconds 5] [--go]

Every server gets the same requests (the .info, .mod, .zip and list of each module of the base
world) over four kept-alive connections of one client process. With --go, Go's own file server is
compiled and measured, too. Five rounds in turn, their median: what counts is the ratio.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import multiprocessing
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.go.toolchain import ensure
from lab.origin import server
from lab.world.build import build
from lab.world.load import base_world
from lab.world.modpath import escape
from lab.world.tree import Tree

CONNECTIONS = 4
ROUNDS = 5
FILE_SERVER = """package main

import ("net"; "net/http"; "os")

func main() {
	door, err := net.FileListener(os.NewFile(3, "door"))
	if err != nil { panic(err) }
	panic(http.Serve(door, http.FileServer(http.Dir(os.Args[1]))))
}
"""


def main() -> None:
    """Measure each server in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="for each server")
    parser.add_argument("--go", action="store_true", help="measure Go's file server, too")
    options = parser.parse_args()
    tree = build(base_world())
    paths = requests(tree)
    print(f"{len(paths)} different requests, {CONNECTIONS} connections, {os.cpu_count()} cores")
    servers: dict[str, Callable[[socket.socket], None]] = {
        "golab origin": functools.partial(origin, tree),
        "python http.server": functools.partial(static, tree.path / "proxy"),
    }
    if options.go:
        program = file_server()
        servers["go http.FileServer"] = functools.partial(go_static, program, tree.path / "proxy")
    rates: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, run in servers.items():
            with running(run) as port:
                rates[name].append(rate(port, paths, options.seconds / ROUNDS))
    own = statistics.median(rates["golab origin"])
    for name, measured in rates.items():
        typical = statistics.median(measured)
        print(f"{name:20} {typical:7.0f} requests/s   golab origin / it = {own / typical:.2f}")


def requests(tree: Tree) -> list[str]:
    """Return the paths that a proxy and a file server of its tree both have."""
    found = []
    for path, module in tree.index.modules.items():
        if not module.private and module.proxy:
            base = f"/{escape(path)}/@v"
            found += [f"{base}/{escape(v)}.{k}" for v in module.versions for k in ("info", "mod")]
            found += [f"{base}/{escape(v)}.zip" for v in module.versions]
            found.append(f"{base}/list")
    return found


def origin(tree: Tree, door: socket.socket) -> None:
    """Serve as golab does."""
    server.serve(tree, [door])


def static(directory: Path, door: socket.socket) -> None:
    """Serve files as Python does."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet for head and body, as everywhere else here

        def log_message(self, *_: object) -> None: ...

    handler = functools.partial(Quiet, directory=str(directory))
    files = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler, bind_and_activate=False)
    files.socket.close()
    files.socket = door
    files.serve_forever()


def go_static(program: Path, directory: Path, door: socket.socket) -> None:
    """Serve files as Go does."""
    os.dup2(door.fileno(), 3)
    os.set_inheritable(3, True)
    os.execv(program, [str(program), str(directory)])


def file_server() -> Path:
    """Compile Go's file server; the directory goes with the process."""
    toolchain = ensure()
    work = Path(tempfile.mkdtemp(prefix="golab-benchmark-"))
    (work / "main.go").write_text(FILE_SERVER)
    env = {"PATH": os.environ["PATH"], "HOME": str(work), "GOTOOLCHAIN": "local", "GOENV": "off"}
    command = [str(toolchain.go), "build", "-o", "server", "main.go"]
    subprocess.run(command, cwd=work, check=True, env={**env, "CGO_ENABLED": "0"})
    return work / "server"


@contextmanager
def running(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Run a server in a process of its own; yield its port."""
    with server.listen() as door:
        process = multiprocessing.get_context("fork").Process(target=serve, args=(door,))
        process.start()
        port = door.getsockname()[1]
    try:
        yield port
    finally:
        assert process.pid
        os.kill(process.pid, signal.SIGTERM)
        process.join(10)


def rate(port: int, paths: list[str], seconds: float) -> float:
    """Return the requests per second over all connections, after a short warm-up."""
    lines = [f"GET {p} HTTP/1.1\r\nHost: proxy.golang.org\r\n\r\n".encode() for p in paths]
    doors = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    streams = [door.makefile("rwb") for door in doors]
    for number in (0.2, seconds):
        done, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < number:
            for index, stream in enumerate(streams):
                stream.write(lines[(done + index) % len(lines)])
                stream.flush()
            for stream in streams:
                receive(stream)
            done += CONNECTIONS
    return done / elapsed


def receive(stream: object) -> None:
    """Read one response, which must be a 200, to its end."""
    read = stream.readline  # type: ignore[attr-defined]
    status = read()
    assert b" 200 " in status, status
    size = 0
    while (line := read()) != b"\r\n":
        if line[:15].lower() == b"content-length:":
            size = int(line[15:])
    stream.read(size)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
