"""Where a held lab is asked: a socket, and a note beside it that says what lab that is."""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from lab.daemon.lease import Lease
from lab.daemon.registry import Held
from lab.errors import LabError
from lab.sandbox.interface import LabHandle

_ANSWER_LIMIT = 5.0
_END_LIMIT = 0.2
Send = Callable[[dict[str, Any]], object]


class Door(socketserver.ThreadingUnixStreamServer):
    """The door of a lab, open for the body of a `with`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder: Path, held: Held, lab: LabHandle) -> None:
        self._id = held.id
        self._lab = lab
        self._path = folder / f"{held.id}.sock"
        self._note = self._path.with_suffix(".json")
        self._ended: Future[str] = Future()
        self._told = threading.Event()
        super().__init__(str(self._path), _Visitor)
        self._note.write_text(json.dumps(asdict(held)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()
        self.server_close()

    def _remove(self) -> None:
        self._note.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)

    def serve(self) -> None:
        """Answer until somebody says `down`, or the lab has ended by itself."""
        threading.Thread(target=self._watch, name="the lab's end", daemon=True).start()
        self.serve_forever(poll_interval=0.2)

    def _watch(self) -> None:
        self._lab.wait()
        self.shutdown()

    def report(self, close: Callable[[], object]) -> None:
        """Close the lab; who said `down` hears what went wrong, or that this process ended.

        Raises:
            LabError: something of the lab is left.
        """
        self._remove()
        try:
            close()
        except LabError as error:
            self._ended.set_result(str(error))
            self._told.wait(_ANSWER_LIMIT)
            raise

    def talk(self, lines: Iterator[bytes], send: Send) -> None:
        """Serve one connection: one request, and what belongs to it."""
        line = next(lines, b"")
        if not line:
            return
        try:
            match json.loads(line):
                case {"do": "ping"}:
                    send({"value": None})
                case {"do": "edge", "request": request}:
                    send({"value": self._lab.edge.send(request)})
                case {"do": "origin", "request": request}:
                    send({"value": self._lab.origin.send(request)})
                case {"do": "lease"}:
                    lease = Lease(self._lab)
                    send({"value": lease.note})
                    with contextlib.suppress(LabError):  # the lab has gone, so we have, soon
                        if lease.watch(lines):
                            send({"value": {"void": lease.void}})
                case {"do": "down"}:
                    threading.Thread(target=self.shutdown).start()
                    send({"error": self._ended.result()})
                    self._told.set()
                case _:
                    send({"error": "the holder does not know that word"})
        except LabError as error:
            said = str(error)
            if self._lab.wait(_END_LIMIT):
                way_out = f"if `golab ps` still has it, `golab down {self._id}` removes it"
                said = f"lab {self._id} has ended ({said}); {way_out}"
            send({"error": said})


class _Visitor(socketserver.StreamRequestHandler):
    server: Door

    def handle(self) -> None:
        def send(answer: dict[str, Any]) -> None:
            self.wfile.write(json.dumps(answer).encode() + b"\n")

        with contextlib.suppress(OSError, ValueError):  # it has gone, or is none of ours
            self.server.talk(iter(self.rfile), send)
