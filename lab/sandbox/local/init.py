"""The first process of a local lab: makes its world, starts edge and origin, serves requests."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

from lab.errors import LabError
from lab.sandbox import linux
from lab.sandbox.interface import EDGE, ORIGIN, LabSpec
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


@dataclass(frozen=True)
class Ready:
    """What pid 1 says when the lab is up: its process id on the host, and where its files are."""

    pid: int
    layout: Layout


def launch(control: socket.socket, spec: LabSpec) -> None:
    """Run a lab until `control` is closed at the other end. Called in a process of its own."""
    with contextlib.suppress(KeyboardInterrupt):
        _quiet_signals()
        linux.die_with_parent()
        report = Connection(os.dup(control.fileno()))
        host = sealed.host_namespaces()
        try:
            unshare()
        except OSError as error:
            report.send(LabError(f"the kernel refuses the lab its namespaces: {error.strerror}; "
                                 "`golab doctor` says what to change"))
            return
        pid = os.fork()
        if pid == 0:
            _first_process(control, report, spec, host)
        control.close()
        report.send(pid)
        report.close()
        os.waitpid(pid, 0)


def _quiet_signals() -> None:
    # Ctrl-C reaches the whole foreground group; only golab itself decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def unshare() -> None:
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


def _first_process(
    control: socket.socket, report: Connection, spec: LabSpec, host: dict[str, int]
) -> NoReturn:
    status = 1
    try:
        linux.die_with_parent()
        layout = _set_up(spec)
        _start_programs(spec, layout)
        _prove_sealed(layout, host)
        report.send(layout)
        report.close()
        _serve(control, layout)
        status = 0
    except Exception as error:  # noqa: BLE001 - the reason must reach golab before we go
        with contextlib.suppress(OSError):
            report.send(error if isinstance(error, LabError) else LabError(f"the lab did not start: {_short(error)}"))
    finally:
        os._exit(status)


def _short(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{error} ({Path(last.filename).name}:{last.lineno})"


def _set_up(spec: LabSpec) -> Layout:
    from lab.edge import authority

    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    linux.set_hostname("client")
    linux.loopback_up([EDGE, ORIGIN])
    needed = [Path(entry).resolve() for entry in sys.path if entry]
    needed += [spec.toolchain.goroot.resolve(), spec.tree.path.resolve(), Path(__file__).resolve()]
    layout = Layout(root.stage(needed))
    linux.mount("golab", str(layout.stage), "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, _TMPFS)
    certificate = authority.create(layout.authority)
    etc = {"resolv.conf": f"nameserver {EDGE}\n", root.CA_BUNDLE.removeprefix("/etc/"): certificate}
    root.build(layout.root, spec.toolchain.goroot, etc)
    return layout


def _start_programs(spec: LabSpec, layout: Layout) -> None:
    """Start origin and edge side by side, and wait until both answer."""

    def run_origin(ready: Callable[[], None]) -> None:
        from lab.origin import serve

        serve(spec.tree, (ORIGIN, 80), control=layout.control("origin"), ready=ready)

    def run_edge(ready: Callable[[], None]) -> None:
        from lab.edge.program import EdgeSpec, run

        names = tuple(spec.tree.hosts)
        run(
            EdgeSpec(EDGE, names, (ORIGIN, 80), layout.authority, layout.control("edge")), ready
        )

    started = {name: _start(run) for name, run in (("edge", run_edge), ("origin", run_origin))}
    from lab.sandbox import network  # noqa: F401 - loaded here, while we wait, for every runner

    for name, pipe in started.items():
        message = os.read(pipe, 4096)
        os.close(pipe)
        if message != b"ready":
            reason = message.decode("utf-8", "replace") or "it ended without a word"
            raise LabError(f"the {name} of the lab did not start: {reason}")


def _start(run: Callable[[Callable[[], None]], None]) -> int:
    """Fork a program of the lab; the pipe returned says `ready`, or what went wrong."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        return reading
    try:
        os.close(reading)
        os.setsid()
        run(lambda: _say(writing, "ready"))
    except BaseException as error:  # noqa: BLE001 - a forked process must never return
        _say(writing, _short(error))
    finally:
        os._exit(1)


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
