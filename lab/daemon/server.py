"""Where a held lab is asked: a socket, and a note beside it that says what lab that is."""

from __future__ import annotations

import contextlib
import json
import secrets
import socketserver
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from queue import SimpleQueue
from typing import Any, Self

from lab.carried import Carried
from lab.client import Client
from lab.daemon.registry import Held
from lab.errors import LabError
from lab.sandbox import codec
from lab.sandbox.agent.tree import MARK
from lab.sandbox.interface import Command, LabHandle

_ANSWER_LIMIT = 5.0
_END_LIMIT = 0.2
Message = dict[str, Any]
Send = Callable[[Message], object]


class Server(socketserver.ThreadingUnixStreamServer):
    """Answers for a lab, for the body of a `with`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder: Path, held: Held, lab: LabHandle, client: Client) -> None:
        self._held = held
        self._lab = lab
        self._client = client
        self._path = folder / f"{held.id}.sock"
        self._note = self._path.with_suffix(".json")
        self._ended: Future[str] = Future()
        self._told = threading.Event()
        super().__init__(str(self._path), _Connection)
        try:
            self._note.write_text(json.dumps(asdict(held)))
        except OSError as error:
            self.__exit__()
            raise LabError(f"{self._note} cannot be written: {error.strerror}") from None

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

    def talk(self, messages: Iterator[Message], send: Send) -> None:
        """Serve one connection: one request, and what belongs to it."""
        request = next(messages, None)
        if request is None:
            return
        try:
            match request:
                case {"do": "ping"}:
                    send({"value": None})
                case {"do": "edge", "request": asked}:
                    send({"value": self._lab.edge.send(asked)})
                case {"do": "origin", "request": asked}:
                    send({"value": self._lab.origin.send(asked)})
                case {"do": "exec"}:
                    self._exec(request, messages, send)
                case {"do": "write"}:
                    self._write(request)
                    send({"value": None})
                case {"do": "read", "path": path}:
                    send({"value": self._read(str(path))})
                case {"do": "down"}:
                    threading.Thread(target=self.shutdown).start()
                    send({"error": self._ended.result()})
                    self._told.set()
                case _:
                    send({"error": "the holder does not know that word"})
        except LabError as error:
            said = str(error)
            if self._lab.wait(_END_LIMIT):
                way_out = f"if `golab ps` still has it, `golab down {self._held.id}` removes it"
                said = f"lab {self._held.id} has ended ({said}); {way_out}"
            send({"error": said})

    def _write(self, request: Message) -> None:
        """Write files of the client's, which the client writes itself.

        Raises:
            LabError: they cannot be written.
        """
        carried = Carried(request["files"], frozenset(request["programs"]))
        carried.placed(self._lab, self._place(request["folder"]), self._client.env)

    def _read(self, path: str) -> bytes:
        """Return a file of the client's, which the client reads itself.

        Raises:
            LabError: there is none, or it cannot be read.
        """
        place = self._place(path)
        read = self._lab.read([place])
        if place in read.found:
            return read.found[place]
        why = read.unread.get(place, "there is no such file")
        raise LabError(f"the client's {path} cannot be read: {why}")

    def _place(self, path: str) -> str:
        return str(PurePosixPath(self._client.project, path))

    def _exec(self, request: Message, messages: Iterator[Message], send: Send) -> None:
        """Run a command for whoever is connected; it ends when they do.

        Raises:
            LabError: the lab has ended.
        """
        # What comes out of the lab waits here, for one who is slow must not hold up the others.
        # There is little of it: what is not acknowledged is not followed by more.
        events: SimpleQueue[Message | None] = SimpleQueue()
        terminal = request["terminal"]
        send({"value": None})
        if next(messages, None) is None:
            return  # interrupted before anything had begun, and now nothing will
        running = self._lab.open(
            self._command(request),
            terminal=(terminal[0], terminal[1]) if terminal else None,
            on_event=events.put,
        )
        running.then(lambda: events.put(None))

        def follow() -> None:
            with contextlib.suppress(LabError, OSError, ValueError):
                for message in messages:
                    running.follow(message.pop("do"), **message)
            with contextlib.suppress(LabError):
                running.follow("end")

        threading.Thread(target=follow, name="exec", daemon=True).start()
        try:
            while event := events.get():
                event.pop("id", None)
                send(event)
        except OSError:
            running.follow("end")
            raise
        try:
            send({"value": running.result()})
        except LabError:
            if not self._lab.wait(_END_LIMIT):
                raise
            # Closing the connection says it: the lab has gone.

    def _command(self, request: Message) -> Command:
        argv = tuple(request["argv"])
        env = {**self._client.env, MARK: secrets.token_hex(8)}
        if request["terminal"]:
            env["TERM"] = str(request["term"])
        if not argv:
            held = self._held
            argv = ("sh", "-i")
            env["PS1"] = f"{held.id} {held.scenario} {held.arm}$ "
        return Command(argv, env, self._client.project, float(request["limit"]))


class _Connection(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        sending = threading.Lock()

        def send(message: Message) -> None:
            with sending:
                self.connection.sendall(codec.encode(message))

        pieces = codec.lines(lambda: self.connection.recv(1 << 18))
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # gone, or not ours
            self.server.talk((codec.decode(line) for line in pieces), send)
