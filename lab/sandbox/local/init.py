"""The first process of a local lab: makes its world, starts edge and origin, serves requests."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import NoReturn

from lab.errors import LabError, UnfitError
from lab.sandbox import linux
from lab.sandbox.interface import CA_BUNDLE, EDGE, ORIGIN, LabSpec
from lab.sandbox.local import root, sealed
from lab.sandbox.local.layout import Layout

_NAMESPACES = (
    linux.CLONE_NEWNS
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
)
_TMPFS = "size=4g,mode=755"


def launch(control: socket.socket) -> None:
    """Run a lab until `control` is closed at the other end. Called in a process of its own.

    What comes over `control`: first the lab's process id for golab, then the `LabSpec` from golab,
    then `Layout` for golab, or an error; from there on, requests.
    """
    host = sealed.host_namespaces()
    letters = Connection(os.dup(control.fileno()))
    try:
        unshare()
    except OSError as error:
        said = f"the kernel refuses the lab its namespaces: {error.strerror}"
        letters.send(UnfitError(said, "`golab doctor` says what to change"))
        return
    pid = os.fork()
    if pid == 0:
        _first_process(control, letters, host)
    letters.send(pid)
    # Our copy of `control` stays open until all of the lab is gone: its end is golab's proof.
    os.waitpid(pid, 0)


def unshare() -> None:
    """Enter new namespaces, as root of them.

    Raises:
        OSError: the kernel does not allow it.
    """
    uid, gid = os.geteuid(), os.getegid()
    try:
        linux.unshare(_NAMESPACES | linux.CLONE_NEWUSER)
    except OSError:
        if uid != 0:
            raise
        linux.unshare(_NAMESPACES)  # root without user namespaces
        return
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1", encoding="ascii")


def _first_process(control: socket.socket, letters: Connection, host: dict[str, int]) -> NoReturn:
    status = 1
    try:
        linux.die_with_parent()
        linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
        linux.set_hostname("client")
        linux.loopback_up([EDGE, ORIGIN])
        # Both import what they need while golab still reads the scenario.
        programs = [_Program("edge", _edge), _Program("origin", _origin)]
        from lab.sandbox.local import runner  # noqa: F401 - the same, for what we fork later

        spec: LabSpec = letters.recv()
        layout = _set_up(spec)
        for program in programs:
            program.go_on(spec, layout)
        for program in programs:
            program.wait_until_ready()
        _prove_sealed(layout, host)
        letters.send(layout)
        letters.close()
        _serve(control, layout)
        status = 0
    except EOFError:
        status = 0  # golab had no use for this lab
    except Exception as error:  # noqa: BLE001 - the reason must reach golab before we go
        with contextlib.suppress(OSError):
            known = isinstance(error, LabError)
            letters.send(error if known else LabError(f"the lab did not start: {_short(error)}"))
    finally:
        os._exit(status)


def _short(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{error} ({Path(last.filename).name}:{last.lineno})"


def _set_up(spec: LabSpec) -> Layout:
    from lab.edge import authority

    needed = [Path(entry).resolve() for entry in sys.path if entry]
    needed += [spec.toolchain.goroot.resolve(), spec.tree.path.resolve(), Path(__file__).resolve()]
    layout = Layout(root.stage(needed))
    linux.mount("golab", str(layout.stage), "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, _TMPFS)
    secret, certificate = authority.create()
    authority.put(secret, layout.authority)
    etc = {"resolv.conf": f"nameserver {EDGE}\n", CA_BUNDLE.removeprefix("/etc/"): certificate}
    root.build(layout.root, spec.toolchain.goroot, etc)
    return layout


def _edge() -> _Serve:
    from lab.edge.program import EdgeSpec, run

    def serve(spec: LabSpec, layout: Layout, ready: Callable[[], None]) -> None:
        names = tuple(spec.tree.hosts)
        control = layout.control("edge")
        run(EdgeSpec(EDGE, names, (ORIGIN, 80), layout.authority, control), ready)

    return serve


def _origin() -> _Serve:
    from lab.origin import server

    def serve(spec: LabSpec, layout: Layout, ready: Callable[[], None]) -> None:
        server.serve(spec.tree, (ORIGIN, 80), control=layout.control("origin"), ready=ready)

    return serve


_Serve = Callable[[LabSpec, Layout, Callable[[], None]], None]


class _Program:
    """The edge or the origin: forked at once, told later what to serve.

    Args:
        name: what to call it in messages.
        load: imports what it needs and returns the function that serves.
    """

    def __init__(self, name: str, load: Callable[[], _Serve]) -> None:
        self.name = name
        self._ours, theirs = Pipe()
        if os.fork():
            theirs.close()
            return
        try:
            self._ours.close()
            os.setsid()
            serve = load()
            gc.freeze()
            gc.enable()
            spec, layout = theirs.recv()
            serve(spec, layout, lambda: theirs.send(""))
        except BaseException as error:  # noqa: BLE001 - a forked process must never return
            with contextlib.suppress(OSError):
                theirs.send(_short(error))
        finally:
            os._exit(1)

    def go_on(self, spec: LabSpec, layout: Layout) -> None:
        """Tell it what to serve."""
        with contextlib.suppress(OSError):  # it has ended; it says why below
            self._ours.send((spec, layout))

    def wait_until_ready(self) -> None:
        """Wait until it answers.

        Raises:
            LabError: it ended instead.
        """
        try:
            problem = self._ours.recv()
        except EOFError:
            problem = "it ended without a word"
        if problem:
            raise LabError(f"the {self.name} of the lab did not start: {problem}")


def _say(pipe: int, message: str) -> None:
    with contextlib.suppress(OSError):
        os.write(pipe, message.encode()[:4000])
        os.close(pipe)


def _prove_sealed(layout: Layout, host: dict[str, int]) -> None:
    resolvers = sealed.host_resolvers()
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            root.enter(layout.root)
            found = sealed.leaks(host, resolvers)
            _say(writing, "sealed" if not found else "; ".join(found))
        except BaseException as error:  # noqa: BLE001 - an unfinished proof is no proof
            _say(writing, _short(error))
        finally:
            os._exit(0)
    os.close(writing)
    message = os.read(reading, 4096)
    os.close(reading)
    if message != b"sealed":
        raise LabError(f"the lab is not sealed and was not used: {message.decode()}")


def _serve(control: socket.socket, layout: Layout) -> None:
    """Fork a runner for each connection that golab passes in, until golab closes the socket."""
    from lab.sandbox.local import runner

    signal.signal(signal.SIGCHLD, _reap)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        for descriptor in descriptors:
            if os.fork() == 0:
                try:
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    control.close()
                    runner.serve(Connection(descriptor), layout)
                finally:
                    os._exit(0)
            os.close(descriptor)


def _reap(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
