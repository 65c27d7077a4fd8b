"""The first process of a local lab: makes its world, starts edge and origin, and its clients."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from lab.errors import NO_MORE_PROCESSES, LabError, UnfitError, no_more_processes, reason
from lab.sandbox import codec, linux
from lab.sandbox.interface import BLACK_HOLE, EDGE, EDGE6, GOROOT, ORIGIN, OTHER
from lab.sandbox.local import cgroups, root, sealed
from lab.sandbox.local.starter import Starter

if TYPE_CHECKING:
    from lab.sandbox.programs import Role

_NAMESPACES = (
    linux.CLONE_NEWUSER
    | linux.CLONE_NEWNS
    | linux.CLONE_NEWNET
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
)
_TMPFS = "size=64m,mode=755"
_MEMORY = 1 << 30  # bytes
_CLIENT = 1000
_UNUSED = 2_000_000_000
"""A user id that no account has (systemd's UIDS-GIDS ends at 1879048191), for clients of root's."""


def launch(control: socket.socket, edge: socket.socket, origin: socket.socket) -> None:
    """Run a lab until `control` is closed at the other end. Called in a process of its own.

    Args:
        control: where golab says what the lab is to do; closed at its other end, the lab ends.
        edge: where it speaks with the edge.
        origin: where it speaks with the origin.
    """
    host = sealed.host()
    cgroups.sweep()
    cgroup = cgroups.make()
    try:
        client = unshare()
        pid = os.fork()
    except OSError as error:
        refuse(control, _unfit(error))
        return
    if pid == 0:
        _first_process(control, (edge, origin), client, host, cgroup)
    edge.close()
    origin.close()
    _send(control, {"event": "pid", "said": "", "pid": pid, "launcher": os.getpid()})
    # Our copy of `control` stays open until all of the lab is gone: its end is golab's proof.
    os.waitpid(pid, 0)


def unshare() -> int:
    """Enter new namespaces, as root of them, and return who a client is to be in there.

    That is a user whom the host does not have where golab is root, and golab's own user elsewhere.

    Raises:
        OSError: the kernel does not allow it.
    """
    uid, gid = os.geteuid(), os.getegid()
    unused = _unused_id() if uid == 0 else 0
    if not unused:
        linux.unshare(_NAMESPACES)
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        _map("self", f"0 {uid} 1", f"0 {gid} 1")
        return 0
    ready, begin = os.pipe()
    parent = os.getpid()
    mapper = os.fork()
    if not mapper:  # more than one user can only be mapped from outside
        os.close(begin)
        with contextlib.suppress(BaseException):
            if os.read(ready, 1):
                both = f"0 0 1\n{_CLIENT} {unused} 1"
                _map(str(parent), both, both)
                os._exit(0)
        os._exit(1)
    os.close(ready)
    try:
        linux.unshare(_NAMESPACES)
        os.write(begin, b"!")
    finally:
        os.close(begin)
        _, status = os.waitpid(mapper, 0)
    if status:
        raise OSError(0, "its users cannot be mapped")
    return _CLIENT


def _map(process: str, users: str, groups: str) -> None:
    Path(f"/proc/{process}/uid_map").write_text(users, encoding="ascii")
    Path(f"/proc/{process}/gid_map").write_text(groups, encoding="ascii")


def _unused_id() -> int:
    """Return a user and group id that nobody has here, 0 if there are no others than ours."""
    found = []
    for kind in ("uid", "gid"):
        rows = Path(f"/proc/self/{kind}_map").read_text(encoding="ascii").splitlines()
        ranges = [(int(first), int(size)) for first, _, size in map(str.split, rows)]
        if any(first <= _UNUSED < first + size for first, size in ranges):
            found.append(_UNUSED)
        else:  # in a container whose users are mapped; 65534 stands for those that are not
            last = max(first + size - 1 for first, size in ranges)
            found.append(last - 1 if last == 65534 else last)
    return min(found)


def _first_process(
    control: socket.socket,
    programs: tuple[socket.socket, socket.socket],
    client: int,
    host: sealed.Host,
    cgroup: cgroups.Cgroup,
) -> NoReturn:
    status = 1
    try:
        linux.die_with_parent()
        _use_namespaces()
        edge, origin = programs
        _start_program("edge", edge, (control, origin))
        clients = Starter((control, origin), client, host, cgroup)
        _Init(control, origin, client, clients).serve()
        status = 0
    except UnfitError as error:
        refuse(control, error)
    except Exception as error:  # noqa: BLE001 - the reason must reach golab before we go
        refuse(control, LabError(f"the lab did not start: {_short(error)}"))
    finally:
        os._exit(status)


def _use_namespaces() -> None:
    try:
        linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
        linux.loopback_up([EDGE, ORIGIN, OTHER])
        linux.add_ipv6(EDGE6)
        linux.swallow(BLACK_HOLE)
    except OSError as error:  # AppArmor lets them be made, and be of no use
        raise _unfit(error) from None


def _unfit(error: OSError) -> LabError:
    """Return what golab is to complete with a remedy, which can only be told from outside."""
    if no_more_processes(error):
        return LabError(NO_MORE_PROCESSES)
    return UnfitError(f"the kernel refuses the lab its namespaces: {error.strerror or error}")


def _start_program(
    role: Role, conversation: socket.socket, others: Sequence[socket.socket]
) -> None:
    """Fork the edge or the origin, which hears nothing of the `others`."""
    if os.fork():
        conversation.close()
        return
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for other in others:
            other.close()
        from lab.sandbox.programs import run

        resource.setrlimit(resource.RLIMIT_DATA, _most_memory())
        descriptor = conversation.detach()
        run(role, descriptor, descriptor)
    except BaseException:  # noqa: BLE001 - a forked process must never return
        os._exit(1)
    finally:
        os._exit(0)


def _most_memory() -> tuple[int, int]:
    """Return the limit of an edge or an origin, which keep in memory what a client sends."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = min((value for value in (soft, hard) if value >= 0), default=_MEMORY)
    return min(most, _MEMORY), hard


class _Init:
    """Serves golab's requests, one after the other, until it ends the conversation."""

    def __init__(
        self,
        control: socket.socket,
        origin: socket.socket,
        client: int,
        clients: Starter,
    ) -> None:
        self._control = control
        self._origin = origin
        self._client = client
        self._clients = clients
        self._descriptors: list[int] = []
        self._root = Path()

    def serve(self) -> None:
        signal.signal(signal.SIGCHLD, _reap)
        for message in self._messages():
            number, do = message.pop("id"), message.pop("do")
            try:
                value = getattr(self, f"do_{do}")(**message)
                _send(self._control, {"id": number, "value": value})
            except (OSError, LabError) as error:
                _send(
                    self._control,
                    {"id": number, "error": f"the lab did not start: {reason(error)}"},
                )

    def _messages(self) -> Iterator[dict[str, Any]]:
        splitter = codec.Splitter()
        while True:
            piece, descriptors, _, _ = socket.recv_fds(self._control, 1 << 16, 4)
            if not piece:
                return
            self._descriptors += descriptors
            for line in splitter.take(piece):
                yield codec.decode(line)

    def do_prepare(self, shown: dict[str, str], world: str) -> str:
        """Build what clients see, and start the origin; return a directory in memory for it.

        Where this is a golab's only lab, this is when golab itself has loaded what it needs, and
        leaves a processor to origin and client: the edge, whose start takes longest, has one.
        """
        _start_program("origin", self._origin, (self._control, self._clients.line))
        self._clients.load()
        goroot = shown[GOROOT]
        if self._client and (closed := root.closed_to_others(Path(goroot))):
            remedy = f"`chmod -R a+rX {goroot}` opens it"
            raise LabError(f"only its owner may read {closed}, which clients need; {remedy}")
        needed = [Path(entry).resolve() for entry in sys.path if entry]
        needed += [Path(place).resolve() for place in (*shown.values(), world, __file__)]
        stage = root.stage(needed)
        linux.mount("golab", str(stage), "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, _TMPFS)
        self._root = stage / "root"
        root.build(self._root, shown)
        return str(stage)

    def do_etc(self, files: dict[str, str]) -> None:
        """Write files below /etc."""
        for name, text in files.items():
            root.etc(self._root, name, text)

    def do_client(self) -> None:
        """End the client there is, and start another on the descriptor that came along."""
        self._clients.another(self._root, self._descriptors.pop(0))


def _send(control: socket.socket, message: Any) -> None:
    with contextlib.suppress(OSError):  # golab has gone, and so do we
        control.sendall(codec.encode(message))


def refuse(control: socket.socket, error: LabError) -> None:
    """Say why the lab does not start, whether golab has asked for anything yet or not."""
    message = {"error": error.reason, "remedy": error.remedy}
    _send(control, {**message, "unfit": isinstance(error, UnfitError)})


def _short(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    if no_more_processes(error):
        return NO_MORE_PROCESSES
    return f"{error} ({Path(last.filename).name}:{last.lineno})"


def _reap(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
