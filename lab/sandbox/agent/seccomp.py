"""A filter of system calls (seccomp(2)): what a Go client never needs and attacks have needed.

The filter is a program of the classic BPF (Documentation/userspace-api/seccomp_filter.rst). It is
a list of refusals, so that a new system call of a new libc does not break a tool under test; what
it refuses fails with an ordinary error, as if the kernel had been built without it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
from typing import NamedTuple

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24  # of struct seccomp_data, little endian
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2

_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
_TYPING = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX: they type into a terminal, as its user


class _Machine(NamedTuple):
    architecture: int
    clone: int
    sockets: tuple[int, int]
    ioctl: int
    refused: dict[str, int]


_SINCE_COMMON = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_getfd": 438,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "open_tree_attr": 467,
}
"""System calls since Linux 5.1 have one number on every architecture."""

_CLONE3 = 435  # its flags lie in memory, where a filter cannot look: libc falls back to clone

_MACHINES = {
    "x86_64": _Machine(
        0xC000003E,
        clone=56,
        sockets=(41, 53),
        ioctl=16,
        refused={
            "acct": 163,
            "add_key": 248,
            "bpf": 321,
            "chroot": 161,
            "clock_adjtime": 305,
            "clock_settime": 227,
            "create_module": 174,
            "delete_module": 176,
            "fanotify_init": 300,
            "finit_module": 313,
            "get_kernel_syms": 177,
            "get_mempolicy": 239,
            "init_module": 175,
            "ioperm": 173,
            "iopl": 172,
            "kcmp": 312,
            "kexec_file_load": 320,
            "kexec_load": 246,
            "keyctl": 250,
            "lookup_dcookie": 212,
            "mbind": 237,
            "migrate_pages": 256,
            "modify_ldt": 154,
            "mount": 165,
            "move_pages": 279,
            "name_to_handle_at": 303,
            "nfsservctl": 180,
            "open_by_handle_at": 304,
            "perf_event_open": 298,
            "pivot_root": 155,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "query_module": 178,
            "quotactl": 179,
            "reboot": 169,
            "request_key": 249,
            "set_mempolicy": 238,
            "setdomainname": 171,
            "sethostname": 170,
            "setns": 308,
            "settimeofday": 164,
            "swapoff": 168,
            "swapon": 167,
            "_sysctl": 156,
            "sysfs": 139,
            "syslog": 103,
            "umount2": 166,
            "unshare": 272,
            "uselib": 134,
            "userfaultfd": 323,
            "ustat": 136,
            "vhangup": 153,
            **_SINCE_COMMON,
        },
    ),
    "aarch64": _Machine(
        0xC00000B7,
        clone=220,
        sockets=(198, 199),
        ioctl=29,
        refused={
            "acct": 89,
            "add_key": 217,
            "bpf": 280,
            "chroot": 51,
            "clock_adjtime": 266,
            "clock_settime": 112,
            "delete_module": 106,
            "fanotify_init": 262,
            "finit_module": 273,
            "get_mempolicy": 236,
            "init_module": 105,
            "kcmp": 272,
            "kexec_file_load": 294,
            "kexec_load": 104,
            "keyctl": 219,
            "lookup_dcookie": 18,
            "mbind": 235,
            "migrate_pages": 238,
            "mount": 40,
            "move_pages": 239,
            "name_to_handle_at": 264,
            "nfsservctl": 42,
            "open_by_handle_at": 265,
            "perf_event_open": 241,
            "pivot_root": 41,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "quotactl": 60,
            "reboot": 142,
            "request_key": 218,
            "set_mempolicy": 237,
            "setdomainname": 162,
            "sethostname": 161,
            "setns": 268,
            "settimeofday": 170,
            "swapoff": 225,
            "swapon": 224,
            "syslog": 116,
            "umount2": 39,
            "unshare": 97,
            "userfaultfd": 282,
            "vhangup": 58,
            **_SINCE_COMMON,
        },
    ),
}

_libc = ctypes.CDLL(None, use_errno=True)


def install() -> int:
    """Install the filter in this process and all that it starts; `no_new_privs` must be set.

    Returns:
        how many system calls are refused outright; 0 where there is no filter for this machine.

    Raises:
        OSError: the kernel does not take it.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return 0
    program = _program(machine)
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    if _libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, header, 0, 0) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "seccomp")
    return len(machine.refused)


def _program(machine: _Machine) -> bytes:
    """Return the filter: each check jumps over its refusal when it does not hold."""
    code = [
        _step(_LOAD, _ARCHITECTURE),
        *_unless(_EQUAL, machine.architecture, errno.ENOSYS),
        _step(_LOAD, _NUMBER),
        *_if(_AT_LEAST, 0x40000000, errno.ENOSYS),  # the x32 calls of x86_64 have other numbers
        *_if(_EQUAL, _CLONE3, errno.ENOSYS),
    ]
    for number in sorted(machine.refused.values()):
        code += _if(_EQUAL, number, errno.EPERM)
    families = [step for family in _FAMILIES for step in (_step(_EQUAL, family, 0, 1), _allow())]
    for number, checks in (
        (machine.clone, [_step(_LOAD, _FIRST), *_if(_ANY_BIT, _NEW_NAMESPACES, errno.EPERM)]),
        *(
            (number, [_step(_LOAD, _FIRST), *families, _fail(errno.EAFNOSUPPORT)])
            for number in machine.sockets  # socket and socketpair: both load a module on demand
        ),
        (
            machine.ioctl,
            [_step(_LOAD, _SECOND), *(x for t in _TYPING for x in _if(_EQUAL, t, errno.EPERM))],
        ),
    ):
        code += [_step(_EQUAL, number, 0, len(checks) + 1), *checks, _allow()]
    code.append(_allow())
    return b"".join(code)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _allow() -> bytes:
    return _step(_RETURN, _ALLOW)


def _fail(number: int) -> bytes:
    return _step(_RETURN, _FAIL | number)


def _if(test: int, value: int, number: int) -> list[bytes]:
    return [_step(test, value, 0, 1), _fail(number)]


def _unless(test: int, value: int, number: int) -> list[bytes]:
    return [_step(test, value, 1, 0), _fail(number)]
