"""Starts local labs and speaks with them."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from lab.errors import LabError, UnfitError
from lab.sandbox.base_lab import BaseLab
from lab.sandbox.channel import Channel
from lab.sandbox.interface import (
    CA_BUNDLE,
    EDGE,
    EDGE6,
    GOROOT,
    ORIGIN,
    OTHER,
    WARM_GOCACHE,
    LabSpec,
)
from lab.sandbox.local.spawn import Begun, Zygote

if TYPE_CHECKING:
    from lab.go.toolchain import Progress, Toolchain

_START_LIMIT = 30.0
_END_LIMIT = 5.0
_PROOF = 1
"""Requests to the first client before anybody uses it: the proof that the lab is sealed."""


class LocalBackend:
    """Runs labs in namespaces of this machine; see the package for how."""

    name = "local"

    def __init__(self, zygote: Zygote | None = None) -> None:
        self._zygote = zygote or Zygote(labs=1)
        self._labs: set[LocalLab] = set()

    def start(self, spec: LabSpec) -> LocalLab:
        """Start a lab; it is sealed, or this raises.

        Raises:
            UnfitError: the kernel gives us no namespaces.
            LabError: the lab did not come up, or leads somewhere.
        """
        try:
            begun = self._zygote.lab()
        except OSError as error:
            raise LabError(f"the process that starts labs has gone: {error.strerror}") from None
        started = LocalLab(begun, on_close=self._labs.discard)
        self._labs.add(started)
        try:
            started.begin(spec)
        except BaseException as error:
            started.close()
            if isinstance(error, UnfitError) and not error.remedy:
                from lab.sandbox import unfit

                raise UnfitError(error.reason, unfit.remedy()) from None
            raise
        return started

    def toolchain(self, version: str | None = None, progress: Progress | None = None) -> Toolchain:
        """Return the Go of a client; see `lab.go.toolchain.ensure`."""
        from lab.go.toolchain import ensure

        return ensure(version, progress)

    def warm(self, toolchain: Toolchain, progress: Progress | None = None) -> None:
        """Have its standard library compiled; see `lab.go.buildcache.ensure`."""
        from lab.go import buildcache

        buildcache.ensure(toolchain, progress)

    def close(self) -> None:
        """End every lab that is still running; may be called from any thread."""
        for running in list(self._labs):
            running.close()
        self._zygote.close()


class _SocketTransport:
    """A channel's bytes over a Unix socket."""

    said = ""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    def send(self, data: bytes, descriptors: Sequence[int] = ()) -> None:
        if descriptors:
            socket.send_fds(self._socket, [data], descriptors)
        else:
            self._socket.sendall(data)

    def receive(self) -> bytes:
        return self._socket.recv(1 << 20)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


class _Control(_SocketTransport):
    """The line to a lab's first process: closing it ends the lab, and its end is the lab's."""

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)


class LocalLab(BaseLab):
    """A running local lab."""

    resolver = EDGE

    def __init__(self, begun: Begun, on_close: Callable[[LocalLab], None] = lambda _: None) -> None:
        super().__init__()
        self._on_close = on_close
        self._closing = threading.Lock()
        self._init = Channel("the lab", _Control(begun.control))
        self.channels["edge"] = Channel("the edge of the lab", _SocketTransport(begun.edge))
        self.channels["origin"] = Channel("the origin of the lab", _SocketTransport(begun.origin))

    def begin(self, spec: LabSpec) -> None:
        """Have the lab come up, and prove that it is sealed.

        Raises:
            LabError: it does not, or is not.
        """
        world, shown = str(spec.tree.path), {GOROOT: str(spec.toolchain.goroot)}
        if spec.warm:
            from lab.go import buildcache

            shown[WARM_GOCACHE] = str(buildcache.ensure(spec.toolchain))
        stage = self._init.ask("prepare", patience=_START_LIMIT, shown=shown, world=world)
        token = secrets.token_hex(16)
        edge = self.channels["edge"].call(
            "start",
            address=EDGE,
            other=OTHER,
            address6=EDGE6,
            names=spec.tree.hosts,
            origin=ORIGIN,
            home=stage,
            token=token,
        )
        origin = self.channels["origin"].call("start", address=ORIGIN, world=world, token=token)
        self.resolv_conf(f"nameserver {EDGE}\n")
        self._another_client()
        origin.result(_START_LIMIT)
        certificate = edge.result(_START_LIMIT)["certificate"]
        self._init.ask("etc", files={CA_BUNDLE.removeprefix("/etc/"): certificate})
        if leaks := self._ask("client", "leaks"):
            raise LabError(f"the lab is not sealed and was not used: {'; '.join(map(str, leaks))}")

    def fresh(self) -> None:
        """End the client, with all that it started and wrote, and begin another."""
        if self.channels["client"].calls > _PROOF:
            self._another_client()

    def _another_client(self) -> None:
        if "client" in self.channels:
            self.channels["client"].close()  # and is there still, for whoever asks meanwhile
        ours, theirs = socket.socketpair()
        with theirs:
            self._init.ask("client", descriptors=[theirs.fileno()])
        self.channels["client"] = Channel("the client of the lab", _SocketTransport(ours))

    def resolv_conf(self, text: str) -> None:
        """Replace the client's /etc/resolv.conf."""
        self._init.ask("etc", files={"resolv.conf": text})

    def close(self) -> None:
        """End the lab and wait until nothing of it is left. May be called twice."""
        with self._closing:
            self._init.close()  # pid 1 ends, and the kernel all the rest
            for name in ("pid", "launcher"):  # stopped, say; then what waits for it
                if self._init.wait(_END_LIMIT):
                    break
                if found := self._init.noted.get(name):
                    # The line is open still, so this is the process that said so and no other.
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(found), signal.SIGKILL)
            self._init.wait(_END_LIMIT)
            for channel in list(self.channels.values()):
                channel.close()
            self._on_close(self)

    def wait(self, limit: float | None = None) -> bool:
        """Wait until the lab has ended, by itself too, and tell whether it has in `limit` s."""
        return self._init.wait(limit)

    def check(self) -> None:
        """Raise a LabError that names the part if one has ended by itself."""
        if self._init.ended is not None:
            raise LabError(f"the lab has ended: {self._init.ended}")
        super().check()
