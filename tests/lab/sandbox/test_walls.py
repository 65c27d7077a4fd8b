"""Each wall by itself: where one stands behind another, nobody would miss it."""

from __future__ import annotations

import errno
import struct
import subprocess
import sys

import pytest

from lab.client import Client
from lab.sandbox.agent import landlock, limits, seccomp
from lab.sandbox.local import root
from lab.sandbox.local.client import _HIDDEN as HIDDEN

FAIL = 0x50000
ALLOWED, REFUSED, UNKNOWN = 0x7FFF0000, FAIL | errno.EPERM, FAIL | errno.ENOSYS
HARMLESS = 63  # uname, or read
CLONE3 = 435


def verdict(name: str, number: int, *arguments: int, other: int = 0) -> int:
    """Run the filter of a machine on a system call, as the kernel does (seccomp_filter.rst)."""
    machine = seccomp._MACHINES[name]
    words = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("<IIQ6Q", number, machine.architecture ^ other, 0, *words)
    program = list(struct.iter_unpack("<HBBI", seccomp._program(machine)))
    loaded = at = 0
    while True:
        code, if_true, if_false, value = program[at]
        at += 1
        match code:
            case 0x20:
                (loaded,) = struct.unpack_from("<I", data, value)
            case 0x06:
                return int(value)
            case _:
                holds = {0x15: loaded == value, 0x45: loaded & value, 0x35: loaded >= value}[code]
                at += if_true if holds else if_false


@pytest.mark.parametrize("name", sorted(seccomp._MACHINES))
def test_the_filter_refuses_numbers_and_arguments(name: str) -> None:
    machine = seccomp._MACHINES[name]
    assert verdict(name, HARMLESS) == ALLOWED
    assert verdict(name, HARMLESS, other=1) == UNKNOWN  # of a program for another machine
    assert verdict(name, 0x40000000 | HARMLESS) == UNKNOWN  # of x32
    assert verdict(name, CLONE3) == UNKNOWN
    assert {verdict(name, number) for number in machine.refused.values()} == {REFUSED}
    for number in machine.sockets:
        assert [verdict(name, number, family) for family in (1, 2, 10, 16)] == [ALLOWED] * 4
        assert verdict(name, number, 40) == FAIL | errno.EAFNOSUPPORT
    assert verdict(name, machine.clone, 0x11) == ALLOWED
    assert verdict(name, machine.clone, 0x10000011) == REFUSED
    assert verdict(name, machine.ioctl, 0, 0x5413) == ALLOWED
    for typing in (0x5412, 0x541C, 0xFFFFFFFF00005412):  # the kernel looks at 32 bits of it
        assert verdict(name, machine.ioctl, 0, typing) == REFUSED


def behind_the_walls(code: str) -> str:
    """Run a script that has given up all its rights, as an agent does."""
    raised = "import os; from lab.sandbox.agent import walls; raised = walls.raise_all(())\n"
    done = subprocess.run(
        [sys.executable, "-c", raised + code], capture_output=True, text=True, timeout=30
    )
    return done.stdout.strip() + done.stderr


def test_the_session_keyring_is_left() -> None:
    assert behind_the_walls("print(raised['keyring'])") == "own"


@pytest.mark.skipif(landlock.abi() < 6, reason="Landlock has no scopes before Linux 6.12")
def test_nobody_outside_can_be_signalled() -> None:
    code = "try: os.kill(os.getppid(), 0)\nexcept PermissionError: print('refused')"
    assert behind_the_walls(code) == "refused"


def test_only_a_clients_own_directories_are_mounted_for_writing(client: Client) -> None:
    """Neither permissions nor Landlock are asked, of which an old kernel has but one."""
    rows = [line.split() for line in client.run("cat /proc/mounts", limit=20).stdout.splitlines()]
    writable = {row[1] for row in rows if "rw" in row[3].split(",")}
    nodes = {f"/dev/{name}" for name in (*root.DEVICES, "pts")}
    masks = {f"/proc/{name}" for name in HIDDEN}
    assert writable - nodes - masks == {"/lab/home", "/tmp", "/dev/shm", "/proc"}


def test_open_files_are_limited(client: Client) -> None:
    done = client.run(["sh", "-c", "ulimit -Hn"], limit=20)
    assert int(done.stdout) <= limits.OPEN_FILES
