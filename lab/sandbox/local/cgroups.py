"""Limits on all of a client together: cgroups, where golab may make some (cgroups(7)).

Elsewhere a client has the rlimits and file systems of `lab.sandbox.agent.limits` alone, which
count the memory of each process by itself. The directories are removed when the last process of
the lab has gone, by a shell that waits for just that; should somebody kill it, the next lab does.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lab.sandbox.agent import limits

ROOT = Path("/sys/fs/cgroup")
_NAME = re.compile(r"golab-(\d+)-(\d+)")
_WANTED = {
    "pids": (("pids.max", limits.PROCESSES),),
    "memory": (
        ("memory.max", limits.MEMORY),
        ("memory.swap.max", 0),
        ("memory.limit_in_bytes", limits.MEMORY),
        ("memory.memsw.limit_in_bytes", limits.MEMORY),
    ),
}
"""Controller -> files and what is written there; the older and the newer hierarchy name others."""

_COUNTERS = {
    "pids.events": (limits.PROCESSES_OVER, "max"),
    "memory.events": (limits.MEMORY_OVER, "oom_kill"),
    "memory.oom_control": (limits.MEMORY_OVER, "oom_kill"),
}
_REMOVE = """
while read -r _; do :; done
for folder; do
    tries=0
    until rmdir "$folder" 2>/dev/null || [ ! -d "$folder" ] || [ $tries -gt 100 ]; do
        tries=$((tries + 1)); sleep 0.05
    done
done
"""


@dataclass
class Cgroup:
    """The cgroups of one client: descriptors, for who joins them sees no file system of theirs.

    Attributes:
        joins: where a process writes `0` to come in.
        counters: what was denied how often; see `lab.sandbox.agent.limits.Counter`.
        lease: as long as somebody has it open, the directories stay.
    """

    joins: list[int] = field(default_factory=list)
    counters: list[limits.Counter] = field(default_factory=list)
    lease: int = -1

    def join(self) -> bool:
        """Bring the calling process in, and tell whether that is so."""
        with contextlib.suppress(OSError):
            for descriptor in self.joins:
                os.write(descriptor, b"0")
            return bool(self.joins)
        return False


def make() -> Cgroup:
    """Make cgroups for a client of this process's; without any where that is not allowed."""
    made = Cgroup()
    folders: list[Path] = []
    for controllers, parents in _hierarchies():
        for parent in parents:
            if folder := _made(parent, controllers):
                folders.append(folder)
                break
        else:
            continue
        _describe(folders[-1], made)
    if folders:
        waiting, made.lease = os.pipe2(os.O_CLOEXEC)
        os.posix_spawn(
            "/bin/sh",
            ["sh", "-c", _REMOVE, "sh", *map(str, folders)],
            {"PATH": "/usr/bin:/bin"},
            file_actions=[(os.POSIX_SPAWN_DUP2, waiting, 0)],
            setpgroup=0,
        )
        os.close(waiting)
    return made


def sweep() -> None:
    """Remove the cgroups of processes that have ended, whoever killed what was to remove them."""
    for _, parents in _hierarchies():
        for parent in parents:
            for folder in parent.glob("golab-*"):
                named = _NAME.fullmatch(folder.name)
                if named and _started(int(named[1])) != named[2]:
                    with contextlib.suppress(OSError):
                        folder.rmdir()


def _hierarchies() -> Iterator[tuple[list[str], list[Path]]]:
    """Yield controllers, and the directories in which a cgroup with them may be allowed."""
    try:
        rows = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for row in rows:
        _, names, path = row.split(":", 2)
        controllers = [name for name in _WANTED if name in names.split(",")]
        if not names and (ROOT / "cgroup.controllers").exists():
            own = ROOT / path.lstrip("/")
            yield [*_WANTED], [own, *(p for p in own.parents if p.is_relative_to(ROOT))]
        elif controllers:
            mount = ROOT / names
            yield controllers, [mount / path.lstrip("/"), mount]


def _made(parent: Path, controllers: list[str]) -> Path | None:
    folder = parent / f"golab-{os.getpid()}-{_started(os.getpid())}"
    try:
        folder.mkdir()
    except OSError:
        return None
    with contextlib.suppress(OSError):
        for controller in controllers:
            present = [row for row in _WANTED[controller] if (folder / row[0]).exists()]
            for name, value in present:
                (folder / name).write_text(str(value), encoding="ascii")
            if not present:
                raise OSError
        return folder
    folder.rmdir()
    return None


def _describe(folder: Path, cgroup: Cgroup) -> None:
    cgroup.joins.append(os.open(folder / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC))
    for name, (what, key) in _COUNTERS.items():
        with contextlib.suppress(OSError):
            descriptor = os.open(folder / name, os.O_RDONLY | os.O_CLOEXEC)
            cgroup.counters.append(limits.Counter(what, descriptor, key))


def _started(pid: int) -> str | None:
    """Return when a process started, in clock ticks since boot; None if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace", encoding="utf-8")
    except OSError:
        return None
    return text.rpartition(")")[2].split()[19]
