"""Passes connections on from one Unix socket to another, until it is killed: an engine that dies.

python relay.py OURS THEIRS
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


def main(ours: str, theirs: str) -> None:
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(ours)
        door.listen(64)
        while True:
            near, _ = door.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(theirs)
            for pair in ((near, far), (far, near)):
                threading.Thread(target=pump, args=pair, daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
