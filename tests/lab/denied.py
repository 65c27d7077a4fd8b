"""Runs a command under a seccomp filter that refuses system calls, as Docker's default does.

Usage: python denied.py ERRNO NAME[,NAME...] COMMAND...
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys

NUMBERS = {
    "x86_64": {"mount": 165, "unshare": 272},
    "aarch64": {"mount": 40, "unshare": 97},
}
_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def deny(number: int, names: list[str]) -> None:
    """From here on, these system calls fail with this error (seccomp(2))."""
    steps = [(_LOAD, 0, 0, 0)]
    for name in names:
        steps += [
            (_EQUAL, 0, 1, NUMBERS[platform.machine()][name]),
            (_RETURN, 0, 0, _ERRNO | number),
        ]
    steps.append((_RETURN, 0, 0, _ALLOW))
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(steps), code)
    for call in ((_NO_NEW_PRIVS, 1, 0, 0, 0), (_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*call):
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    deny(getattr(errno, sys.argv[1]), sys.argv[2].split(","))
    os.execvp(sys.argv[3], sys.argv[3:])
