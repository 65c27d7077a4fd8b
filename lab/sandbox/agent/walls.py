"""Gives up every right that a client is not to have: for good, and for all that it starts.

The order matters: what needs a right comes before that right is given up, and the filter of system
calls comes last. None of it needs root, and where a kernel lacks one wall the others stand.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
from pathlib import Path

from lab.sandbox.agent import landlock, limits, seccomp

_PR_SET_DUMPABLE = 4
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_CAPABILITY_VERSION_3 = 0x20080522
_KEYCTL_JOIN_SESSION_KEYRING = 1
_KEYCTL = {"x86_64": 250, "aarch64": 219}.get(platform.machine(), 0)

_libc = ctypes.CDLL(None, use_errno=True)


def raise_all(writable: tuple[str, ...], *, count_processes: bool = True) -> dict[str, str]:
    """Give up all rights that a client does not need.

    Args:
        writable: the directories that it may write to; the others are closed to it by Landlock,
            whatever their permissions are.
        count_processes: whether the number of processes is limited by an rlimit.

    Returns:
        wall -> what this kernel gives of it, '' where it lacks it.

    Raises:
        OSError: a wall that every kernel has could not be raised.
    """
    with contextlib.suppress(OSError):  # where memory runs out, the client goes before the host
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    keyring = _own_session_keyring()
    limits.apply(processes=count_processes)
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _drop_capabilities()
    fenced = landlock.restrict(writable)
    filtered = seccomp.install()
    # Who is not dumpable cannot be traced, nor have its memory read, by others of the same user.
    _checked(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")
    return {
        "no_new_privs": "yes",
        "capabilities": "none",
        "keyring": "own" if keyring else "",
        "landlock": f"ABI {fenced}" if fenced else "",
        "seccomp": f"{filtered} system calls refused" if filtered else "",
    }


def _own_session_keyring() -> bool:
    """Leave the session keyring of whoever started golab (session-keyring(7))."""
    if not _KEYCTL:
        return False
    made = _libc.syscall(ctypes.c_long(_KEYCTL), ctypes.c_int(_KEYCTL_JOIN_SESSION_KEYRING), None)
    return bool(made >= 0)


def _drop_capabilities() -> None:
    for capability in range(64):
        with contextlib.suppress(OSError):  # this kernel has fewer, or we had it not
            _checked(_libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0), "bounding set")
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    none = bytes(24)
    _checked(_libc.capset(header, none), "capabilities")


def _checked(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
