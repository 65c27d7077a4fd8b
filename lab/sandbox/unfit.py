"""Why this machine refuses a lab its namespaces, and the smallest thing that helps there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_CAP_SYS_ADMIN = 1 << 21
_KINDS = ("user", "mnt", "pid", "net", "ipc", "uts")
_CLONE = "kernel.unprivileged_userns_clone"  # Debian's and Arch's
_APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"  # Ubuntu's, on since 24.04
_LIMITS = tuple(f"user.max_{kind}_namespaces" for kind in _KINDS)
_PROFILE = "/etc/apparmor.d/golab"


@dataclass(frozen=True)
class Machine:
    """What decides whether a process gets namespaces, and what its user could do about it.

    Attributes:
        switches: sysctls and their values, those that this kernel has.
        root: whether golab is root.
        privileged: whether it has CAP_SYS_ADMIN, so that it needs no user namespace.
        no_new_privileges: whether sudo can do nothing for it.
        filtered: whether a seccomp filter is on it.
        confined: whether an AppArmor profile is.
        container: whether it runs in a container.
        masked: whether parts of /proc are hidden, which keeps the kernel from giving a lab its own.
        sudo: whether sudo is there.
        engine: whether a Docker engine may be.
        golab: how to call golab from anywhere.
    """

    switches: Mapping[str, str] = field(default_factory=dict)
    root: bool = False
    privileged: bool = False
    no_new_privileges: bool = False
    filtered: bool = False
    confined: bool = False
    container: bool = False
    masked: bool = False
    sudo: bool = True
    engine: bool = False
    golab: str = "golab"


def remedy(machine: Machine | None = None) -> str:
    """Return the smallest thing that gives labs their namespaces on this machine, in one line."""
    machine = machine or this()
    found = list(_remedies(machine))
    if machine.engine:
        found.append("use --backend docker")
    return "; or ".join(found)


def _remedies(machine: Machine) -> Iterator[str]:
    switch = _forbidding(machine)
    if switch:
        where = " on the host" if machine.container else ""
        yield f"{_as_root(machine, f'sysctl -w {switch}')} allows them{where}"
    elif machine.container and (machine.filtered or machine.confined or machine.masked):
        yield f"start the container with {' '.join(_flags(machine))}"
    elif machine.filtered:
        yield (
            "start golab outside of what has put a seccomp filter on it (a systemd unit with "
            "RestrictNamespaces= or SystemCallFilter=, a snap, another sandbox)"
        )
    elif machine.switches.get(_APPARMOR) == "1" and not machine.privileged:
        parser = f"apparmor_parser -r {_PROFILE}"
        yield (
            f"AppArmor lets only programs with a profile use them, and `{machine.golab} doctor "
            f"--apparmor-profile | sudo tee {_PROFILE} && sudo {parser}` gives this Python one"
        )
        yield from _sudo(machine)
    elif machine.container and not machine.privileged:
        yield "start the container with --privileged"
    elif machine.privileged:
        yield "run golab on another machine, or in a virtual one"
    else:
        yield from _sudo(machine)


def _forbidding(machine: Machine) -> str:
    """Return the setting that would undo the first switch that stands in the way, '' if none."""
    for name in _LIMITS:
        if machine.switches.get(name) == "0":
            return f"{name}=10000"
    if machine.switches.get(_CLONE) == "0" and not machine.privileged:
        return f"{_CLONE}=1"
    return ""


def _flags(machine: Machine) -> Iterator[str]:
    """Return what a container needs, much less than --privileged."""
    if machine.filtered:
        yield "--security-opt seccomp=unconfined"
    if machine.confined:
        yield "--security-opt apparmor=unconfined"
    if machine.masked:
        yield "--security-opt systempaths=unconfined"
    if machine.switches.get(_APPARMOR) == "1" and not machine.privileged:
        yield "--cap-add SYS_ADMIN"


def _sudo(machine: Machine) -> Iterator[str]:
    if machine.sudo and not machine.no_new_privileges and not machine.root:
        yield f"run it as root: `sudo {machine.golab}`"
    else:
        yield "run it as root, with all of root's rights"


def _as_root(machine: Machine, command: str) -> str:
    if machine.root or machine.no_new_privileges or not machine.sudo or machine.container:
        return f"`{command}`, as root,"
    return f"`sudo {command}`"


def _is_masked() -> bool:
    """Tell whether something is mounted over a part of /proc, which hides it."""
    try:
        rows = Path("/proc/self/mountinfo").read_text(errors="replace", encoding="utf-8")
    except OSError:
        return False
    points = [line.split()[4] for line in rows.splitlines()]
    return any(point.startswith("/proc/") and "binfmt_misc" not in point for point in points)


def this() -> Machine:
    """Look at this machine."""
    from lab.sandbox.docker import where

    status = _status()
    return Machine(
        switches={name: value for name in (*_LIMITS, _CLONE, _APPARMOR) if (value := _read(name))},
        root=os.geteuid() == 0,
        privileged=bool(int(status.get("CapEff", "0"), 16) & _CAP_SYS_ADMIN),
        no_new_privileges=status.get("NoNewPrivs") == "1",
        filtered=status.get("Seccomp") == "2",
        confined=_label() not in ("", "unconfined"),
        container=in_container(),
        masked=_is_masked(),
        sudo=shutil.which("sudo") is not None,
        engine=where.may_be(),
        golab=_golab(),
    )


def _status() -> dict[str, str]:
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    return dict(re.findall(r"(?m)^(\w+):\s*(\S+)", lines))


def _read(switch: str) -> str:
    try:
        return Path("/proc/sys", *switch.split(".")).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _label() -> str:
    """Return this process's AppArmor label without its mode; '' where there is none."""
    for place in ("/proc/self/attr/apparmor/current", "/proc/self/attr/current"):
        try:
            label = Path(place).read_text(encoding="utf-8", errors="replace").strip("\0\n ")
        except OSError:
            continue
        return label.partition(" (")[0] if ":" not in label else ""  # with colons: SELinux's
    return ""


def in_container() -> bool:
    """Tell whether this process runs in a container, by the marks that their makers leave."""
    if os.environ.get("container") or any(  # noqa: SIM112 - as systemd and podman spell it
        Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv")
    ):
        return True
    marks = re.compile(r"docker|kubepods|containerd|libpod|lxc")
    for place in ("/proc/1/cgroup", "/proc/self/mountinfo"):
        try:
            lines = Path(place).read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        if place.endswith("mountinfo"):
            lines = [line for line in lines if line.split()[4:5] == ["/"]]
        if any(marks.search(line) for line in lines):
            return True
    return False


def _golab() -> str:
    program = Path(sys.argv[0])
    if program.name == "golab":
        return shlex.quote(str(program.absolute()))
    return f"{shlex.quote(sys.executable)} -m golab"


def apparmor_profile(python: Path) -> str:
    """Return an AppArmor profile with which an interpreter may use user namespaces.

    Args:
        python: the interpreter; links are followed, since AppArmor goes by the real path.
    """
    path = re.sub(r'([\\"\[\]{}*?^@])', r"\\\1", str(python.resolve()))
    return f"""\
# Lets one Python use user namespaces, which the labs of golab are made of, where
# {_APPARMOR} is 1 (Ubuntu 24.04 and later).
# It is for every program that this Python runs. For golab alone, make it an interpreter of its
# own first: python3 -m venv --copies DIRECTORY.
#
#   golab doctor --apparmor-profile | sudo tee {_PROFILE}
#   sudo apparmor_parser --replace {_PROFILE}

abi <abi/4.0>,
include <tunables/global>

profile golab "{path}" flags=(unconfined) {{
  userns,

  include if exists <local/golab>
}}
"""
