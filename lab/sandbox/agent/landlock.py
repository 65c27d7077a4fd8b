"""Landlock: the client reads what it is shown, and writes to its own directories (landlock(7))."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_IOCTL_DEV = 1 << 15
_SEEN = _EXECUTE | _READ_FILE | _READ_DIR
_RIGHTS = {1: 1 << 13, 2: 1 << 14, 3: 1 << 15, 5: 1 << 16}
"""ABI -> one more than the rights on files that it knows."""

_ABSTRACT_SOCKETS, _SIGNALS = 1, 2

_OLDEST = 2  # ABI 1 forbids to rename across directories, which `go` does

_libc = ctypes.CDLL(None, use_errno=True)


def abi() -> int:
    """Return the version of Landlock that the kernel offers, 0 for none."""
    return max(0, int(_libc.syscall(ctypes.c_long(_CREATE_RULESET), None, 0, _VERSION_FLAG)))


def restrict(writable: tuple[str, ...]) -> int:
    """Close all but `writable` for writing, and all outside of us for signals.

    Returns:
        the version of Landlock that is used, 0 if there is none.
    """
    version = abi()
    if version < _OLDEST:
        return 0
    rights = max(bound for since, bound in _RIGHTS.items() if since <= version) - 1
    scopes = _ABSTRACT_SOCKETS | _SIGNALS if version >= 6 else 0
    attributes = struct.pack("QQQ", rights, 0, scopes)
    size = 24 if version >= 6 else (16 if version >= 4 else 8)
    ruleset = _syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    try:
        _allow(ruleset, "/", rights & _SEEN)
        _allow(ruleset, "/dev", rights & (_SEEN | _WRITE_FILE | _IOCTL_DEV))
        for place in writable:
            if Path(place).is_dir():
                _allow(ruleset, place, rights)
        _syscall(_RESTRICT_SELF, ctypes.c_int(ruleset), 0)
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, place)
        _syscall(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, 0)
    finally:
        os.close(place)


def _syscall(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        problem = ctypes.get_errno()
        raise OSError(problem, os.strerror(problem), "landlock")
    return result
