"""What golab writes on everything it makes in an engine, and how it finds it again."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

VERSION = "org.golab.version"
CONTENT = "org.golab.content"
ROLE = "org.golab.role"
GO = "org.golab.go"
STAGE = "org.golab.stage"
SESSION = "org.golab.session"
LAB = "org.golab.lab"
SCENARIO = "org.golab.scenario"
ARM = "org.golab.arm"
OWNER = "org.golab.owner"


def owner() -> str:
    """Say who makes a lab: host, process id, and when that process began."""
    return f"{_machine()} {os.getpid()} {_born(os.getpid())}"


def owner_is_gone(owner: str) -> bool:
    """Tell whether a lab's owner was a process of this machine that has ended."""
    host, _, rest = owner.partition(" ")
    pid, _, born = rest.partition(" ")
    if host != _machine() or not pid.isdigit():
        return False
    return _born(int(pid)) != born


def _machine() -> str:
    """Say where process ids mean what they mean here: host, boot, process namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
        space = Path("/proc/self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{boot}/{space}"


def _born(pid: int) -> str:
    """Return when a process of this machine began, '' if there is none of this number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]


def selector(lab: str | None = None) -> Mapping[str, list[str]]:
    """Return the engine's filter for what belongs to a lab, or to any."""
    return {"label": [f"{LAB}={lab}" if lab else LAB]}
