"""Reads requests, carries them out as the client, sends replies; see `lab.sandbox.codec`."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, Sequence
from typing import Any

from lab.errors import LabError
from lab.sandbox import codec
from lab.sandbox.agent import copying, files, network
from lab.sandbox.agent.limits import PLACES, Allowance, Counter
from lab.sandbox.agent.loop import Loop
from lab.sandbox.agent.processes import KEPT, MOST_OUTPUT, NotRunError, Process
from lab.sandbox.agent.tree import end_all
from lab.sandbox.interface import Command, Completed

Message = dict[str, Any]
Operation = Callable[..., Any]

IN_PLACE: dict[str, Operation] = {
    "write": files.write,
    "read": files.read,
    "remove": files.remove,
    "link": files.link,
    "has": files.has,
    "listing": files.listing,
}
"""What is done at once, one after the other."""

ASIDE: dict[str, Operation] = {
    "copy": copying.copy,
    "fetch": network.fetch,
    "resolve": network.resolve,
    "handshake": network.handshake,
}
"""What takes its time or waits for the network, each in a thread of its own."""


class Agent:
    """Serves until its input ends.

    Args:
        reading: the descriptor that requests come from.
        writing: the descriptor that replies go to.
        counters: where the kernel counts what it denies this client.
        aside: further operations that wait for something.
    """

    def __init__(
        self, reading: int, writing: int, *, counters: Sequence[Counter] = (), **aside: Operation
    ) -> None:
        self._reading, self._writing = reading, writing
        self._allowance = Allowance(counters)
        self._aside = {**ASIDE, **aside}
        self._loop = Loop()
        self._lines = codec.Splitter()
        self._lock = threading.Lock()
        self._running: dict[int, Process] = {}
        self._followed: dict[int, Process] = {}

    def serve(self) -> None:
        """Serve until the input ends."""
        woken, wake = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # the first process is then deaf to its own
        self._loop.watch(self._reading, self._take)
        self._loop.watch(woken, lambda: self._woken(woken))
        with contextlib.suppress(EOFError):
            while True:
                self._loop.turn()

    def _take(self) -> None:
        piece = os.read(self._reading, 1 << 20)
        if not piece:
            raise EOFError
        for line in self._lines.take(piece):
            self._handle(codec.decode(line))

    def _woken(self, woken: int) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(woken, 512):
                pass
        self._reap_all()

    def _reap_all(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                if ended := self._running.pop(pid, None):
                    ended.reaped(status)

    def _handle(self, message: Message) -> None:
        number, do = message.pop("id", None), message.pop("do", "")
        if number is None:
            self._follow(message.pop("to", None), do, message)
            return
        if do in self._aside:
            work = (number, self._aside[do], message)
            threading.Thread(target=self._answer, args=work, daemon=True).start()
            return
        try:
            if do == "run":
                self._run(number, **message)
            elif do == "open":
                self._open(number, **message)
            elif do == "fresh":
                self._fresh(number)
            else:
                self._answer(number, IN_PLACE[do], message)
        except NotRunError as error:
            argv = message["command"].argv
            self._send({"id": number, "value": Completed(argv, error.status, "", f"{error}\n", 0)})
        except LabError as error:
            self._send({"id": number, "error": str(error)})
        except Exception as error:  # noqa: BLE001 - whatever it is, golab must hear of it
            self._send({"id": number, "error": f"{do}: {type(error).__name__}: {error}"})

    def _answer(self, number: int, operation: Operation, arguments: Message) -> None:
        try:
            reply: Message = {"value": operation(**arguments)}
        except LabError as error:
            reply = {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - whatever it is, golab must hear of it
            reply = {"error": f"{type(error).__name__}: {error}"}
        self._send({"id": number, **reply})

    def _send(self, message: Message) -> None:
        data = memoryview(codec.encode(message))
        with self._lock:
            while data:
                try:
                    data = data[os.write(self._writing, data) :]
                except BlockingIOError:
                    select.select([], [self._writing], [])

    def _run(self, number: int, command: Command) -> None:
        kept = {"out": bytearray(), "err": bytearray()}
        total = 0

        def output(name: str, piece: bytes) -> None:
            nonlocal total
            total += len(piece)
            kept[name] += piece[: max(0, KEPT + 1 - len(kept[name]))]
            if total > MOST_OUTPUT:
                process.too_much("output")

        def done(ended: Process) -> None:
            out, err = (_text(bytes(kept[name])) for name in ("out", "err"))
            seconds = round(ended.seconds, 4)
            value = Completed(command.argv, ended.exit, out, err, seconds, ended.hit)
            self._send({"id": number, "value": value})

        process = Process(
            self._loop, command, output=output, done=done, used_up=self._allowance.used_up
        )
        self._running[process.pid] = process

    def _open(self, number: int, command: Command, terminal: list[int] | None) -> None:
        def output(name: str, piece: bytes) -> None:
            self._send({"id": number, "event": name, "data": piece})

        def done(ended: Process) -> None:
            self._followed.pop(number, None)
            self._send({"id": number, "value": ended.exit})

        size = (terminal[0], terminal[1]) if terminal else None
        try:
            process = Process(
                self._loop, command, terminal=size, following=True, output=output, done=done
            )
        except NotRunError as error:
            output("err", f"{error}\n".encode())
            self._send({"id": number, "value": error.status})
            return
        process.follow(lambda size: self._send({"id": number, "event": "taken", "size": size}))
        self._running[process.pid] = self._followed[number] = process

    def _follow(self, number: int | None, do: str, arguments: Message) -> None:
        process = self._followed.get(number) if number is not None else None
        if process is None:
            return
        match do:
            case "input":
                data = arguments["data"]
                process.write(data) if data else process.end_input()
            case "taken":
                process.acknowledge(arguments["size"])
            case "signal":
                process.signal(signal.Signals[f"SIG{arguments['name']}"])
            case "resize":
                process.resize(arguments["rows"], arguments["columns"])
            case "end":
                process.end()

    def _fresh(self, number: int) -> None:
        """End what runs and remove all files, where no other agent takes our place."""
        end_all()
        self._reap_all()  # their limits and their streams end with them
        files.empty(PLACES)
        self._send({"id": number, "value": None})


def _text(output: bytes) -> str:
    text = output[:KEPT].decode("utf-8", "replace")
    return text if len(output) <= KEPT else text + "\n[golab: output cut off here]\n"
