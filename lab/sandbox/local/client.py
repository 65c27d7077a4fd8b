"""The client of a local lab: namespaces of its own below the lab's, and an agent as first process.

    starter of the lab ──fork──> keeper ──fork──> agent: user, pid, mount, IPC and UTS namespaces of
                                 its own, the lab's network, a root directory with nothing behind it

The one user that this user namespace knows is, outside, nobody that matters: an id that no account
has where golab is root, else golab's own user, whose files are out of sight. The keeper stays out
of the agent's process namespace, and ends when that has been emptied.
"""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from lab.errors import UnfitError, reason
from lab.sandbox import codec, linux
from lab.sandbox.agent import limits, walls
from lab.sandbox.agent.main import Agent
from lab.sandbox.local import sealed

USER = 1000
"""The client's user and group, as it sees them itself."""

WRITABLE = ("/lab/home", "/tmp", "/dev/shm", "/dev/pts")  # noqa: S108 - the client's own

_NAMESPACES = (
    linux.CLONE_NEWUSER
    | linux.CLONE_NEWNS
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWUTS
)
_OWN = linux.MS_NOSUID | linux.MS_NODEV
_HIDDEN = (
    "acpi",
    "asound",
    "interrupts",
    "kallsyms",
    "kcore",
    "keys",
    "latency_stats",
    "modules",
    "sched_debug",
    "scsi",
    "slabinfo",
    "timer_list",
    "timer_stats",
    "vmallocinfo",
)
_READ_ONLY = ("bus", "fs", "irq", "sys", "sysrq-trigger")


@dataclass(frozen=True)
class Running:
    """A client as the starter of its lab knows it: two processes, by their numbers in the lab."""

    keeper: int
    agent: int

    def end(self) -> None:
        """Kill all of it, and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.agent, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.keeper, 0)


def start(
    root: Path, control: int, outer: int, host: sealed.Host, counters: Sequence[limits.Counter]
) -> Running:
    """Start a client.

    Args:
        root: its root directory, built.
        control: the descriptor on which golab speaks with its agent; closed here.
        outer: who the client is in the lab's user namespace: `USER`, or 0 for golab's own user.
        host: what is known of the host, for the proof of sealing.
        counters: where its cgroups, in which the caller is, count what they deny; none: no cgroups.
    """
    reading, writing = os.pipe()
    keeper = os.fork()
    if not keeper:
        os.close(reading)
        _keep(root, control, writing, outer, host, counters)
    os.close(writing)
    os.close(control)
    with open(reading, "rb") as pipe:  # noqa: PTH123 - a descriptor
        agent = int(pipe.read() or keeper)
    return Running(keeper, agent)


def _keep(
    root: Path,
    control: int,
    pipe: int,
    outer: int,
    host: sealed.Host,
    counters: Sequence[limits.Counter],
) -> NoReturn:
    try:
        _enter_namespaces(outer)
        linux.die_with_parent()  # a change of user makes the kernel forget it
        agent = os.fork()
        if not agent:
            os.close(pipe)
            _become_agent(root, control, host, counters)
        os.write(pipe, str(agent).encode())
        os.close(pipe)
        os.closerange(0, 1 << 10)
        os.waitpid(agent, 0)
    except BaseException as error:  # noqa: BLE001 - golab must hear of it
        _last_words(control, error)
    finally:
        os._exit(0)


def _enter_namespaces(outer: int) -> None:
    if outer:
        os.setgroups([])
        os.setresgid(outer, outer, outer)
        os.setresuid(outer, outer, outer)
        linux.stay_readable()
    linux.unshare(_NAMESPACES)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{USER} {outer} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{USER} {outer} 1", encoding="ascii")


def _become_agent(
    root: Path, control: int, host: sealed.Host, counters: Sequence[limits.Counter]
) -> NoReturn:
    try:
        linux.die_with_parent()
        os.setsid()
        _see_only(root)
        linux.set_hostname("client")
        _keep_only({control, *(counter.descriptor for counter in counters)})
        sys.meta_path.clear()  # what is imported from here on could only be the client's own
        os.umask(0o022)
        walls.raise_all(WRITABLE, count_processes=not counters and limits.counted_alone())
        linux.die_with_parent()  # giving up rights has made the kernel forget it
        leaks = functools.partial(sealed.leaks, host)
        Agent(control, control, counters=counters, leaks=leaks).serve()
    except BaseException as error:  # noqa: BLE001 - golab must hear of it
        _last_words(control, error)
    finally:
        os._exit(0)


def _keep_only(kept: set[int]) -> None:
    """Close what is not `kept`, and that is for none of the client's programs.

    Our standard streams are golab's, which may be a file of the host or its terminal.
    """
    first = 3
    for descriptor in [*sorted(kept), os.sysconf("SC_OPEN_MAX")]:
        os.closerange(first, descriptor)
        first = descriptor + 1
    for descriptor in kept:
        os.set_inheritable(descriptor, False)
    nowhere = os.open("/dev/null", os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    os.close(nowhere)


def _see_only(root: Path) -> None:
    """Make `root` all that can be seen, read-only but for the client's own directories."""
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    linux.mount(str(root), str(root), None, linux.MS_BIND | linux.MS_REC)
    home = f"size={limits.HOME_SIZE},nr_inodes={limits.HOME_FILES},mode=755"
    small = f"size={limits.TMP_SIZE},nr_inodes={limits.HOME_FILES // 8},mode=1777"
    _mount(root / "lab/home", "tmpfs", home)
    _mount(root / "tmp", "tmpfs", small)
    _mount(root / "dev/shm", "tmpfs", small)
    _own_processes(root / "proc")
    linux.remount_read_only(str(root))
    linux.pivot_root(str(root))


def _mount(where: Path, kind: str, options: str) -> None:
    linux.mount("golab", str(where), kind, _OWN, options)


def _own_processes(proc: Path) -> None:
    try:
        linux.mount("proc", str(proc), "proc", _OWN | linux.MS_NOEXEC)
    except PermissionError:  # and that of the container would show the processes of others
        said = "parts of /proc are hidden here, so the kernel gives a lab none of its own"
        raise UnfitError(said) from None
    for name in _HIDDEN:
        place = proc / name
        if place.is_dir():
            linux.mount("golab", str(place), "tmpfs", _OWN | linux.MS_RDONLY, "size=4k")
        elif place.exists():
            linux.mount("/dev/null", str(place), None, linux.MS_BIND)
    for name in _READ_ONLY:
        if (proc / name).exists():
            linux.bind_read_only(str(proc / name), str(proc / name))


def _last_words(control: int, error: BaseException) -> None:
    message: dict[str, Any] = {
        "event": "failed",
        "said": f"{type(error).__name__}: {reason(error)}",
    }
    if isinstance(error, UnfitError):
        message = {"error": error.reason, "remedy": error.remedy, "unfit": True}
    with contextlib.suppress(OSError):
        os.write(control, codec.encode(message))
