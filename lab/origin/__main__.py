"""`python -m lab.origin TREE`: serves a built tree; what a lab or a container starts."""

from __future__ import annotations

import argparse
import socket
from pathlib import Path

from lab.origin import server
from lab.world.tree import Tree


def main() -> None:
    """Serve until SIGINT or SIGTERM; the exit status is 0."""
    parser = argparse.ArgumentParser(prog="python -m lab.origin", description=__doc__)
    parser.add_argument("tree", type=Path, help="directory of a built world (lab.world.build)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0: any free one (default)")
    parser.add_argument("--fd", type=int, action="append", help="a listening socket, inherited")
    parser.add_argument("--cert", type=Path, help="certificate chain, PEM: serve TLS")
    parser.add_argument("--key", type=Path, help="its private key, PEM")
    parser.add_argument("--tunnel", type=int, metavar="FD", help="a listening socket, inherited")
    parser.add_argument("--control", type=Path, help="Unix socket to be made for control messages")
    options = parser.parse_args()
    if not (options.tree / "index.json").is_file():
        parser.error(f"{options.tree}: not a built world; lab.world.build makes one")
    if (options.cert is None) != (options.key is None):
        parser.error("--cert and --key go together")
    if options.fd:
        sockets = [socket.socket(fileno=number) for number in options.fd]
    else:
        sockets = [server.listen(options.host, options.port)]
    for address in (sock.getsockname() for sock in sockets):
        print(*address[:2], flush=True)
    server.serve(
        Tree(options.tree),
        sockets,
        tls=(options.cert, options.key) if options.cert else None,
        tunnel=socket.socket(fileno=options.tunnel) if options.tunnel else None,
        control=options.control,
    )


if __name__ == "__main__":
    main()
