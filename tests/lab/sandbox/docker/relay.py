"""Passes connections on to a Unix socket until it is killed: an engine elsewhere, or that dies.

python relay.py OURS THEIRS [CERTIFICATES]

OURS is the path of a Unix socket, or `tcp` for a port of this machine; with a directory of ca.pem,
server.pem and server-key.pem it speaks TLS there and wants a client certificate. The address is
printed when it listens.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading
from pathlib import Path


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


def serve(near: socket.socket, theirs: str, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError):
        inner = tls.wrap_socket(near, server_side=True) if tls else near
        far = socket.socket(socket.AF_UNIX)
        far.connect(theirs)
        threading.Thread(target=pump, args=(far, inner), daemon=True).start()
        pump(inner, far)


def context(certificates: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.verify_mode = ssl.CERT_REQUIRED
    made.load_verify_locations(certificates / "ca.pem")
    made.load_cert_chain(certificates / "server.pem", certificates / "server-key.pem")
    return made


def main(ours: str, theirs: str, *certificates: str) -> None:
    tls = context(Path(*certificates)) if certificates else None
    if ours == "tcp":
        door = socket.create_server(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{door.getsockname()[1]}"
    else:
        door = socket.socket(socket.AF_UNIX)
        door.bind(ours)
        address = f"unix://{ours}"
    door.listen(64)
    print(address, flush=True)
    while True:
        near, _ = door.accept()
        threading.Thread(target=serve, args=(near, theirs, tls), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
