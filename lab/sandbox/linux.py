"""The few Linux calls that Python's standard library does not offer (yet)."""

from __future__ import annotations

import ctypes
import fcntl
import ipaddress
import os
import platform
import signal
import socket
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000

_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MOUNT_ATTR_RDONLY = 0x1
_MOUNT_ATTR_NOSUID = 0x2
_SYS_MOUNT_SETATTR = 442  # the same number on every architecture since Linux 5.12

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}.get(platform.machine(), 41)
_MNT_DETACH = 2

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def unshare(flags: int) -> None:
    """Move the calling process into new namespaces (unshare(2))."""
    _checked(_libc.unshare(flags), "unshare")


def mount(
    source: str, target: str, kind: str | None = None, flags: int = 0, data: str = ""
) -> None:
    """Attach a file system (mount(2)); `kind` is None for binds and remounts."""
    _checked(
        _libc.mount(
            source.encode(),
            target.encode(),
            kind.encode() if kind else None,
            ctypes.c_ulong(flags),
            data.encode() or None,
        ),
        target,
    )


def bind_read_only(source: str, target: str) -> None:
    """Show `source`, with all that is mounted below it, read-only at `target`."""
    mount(source, target, None, MS_BIND | MS_REC)
    attributes = struct.pack("QQQQ", _MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID, 0, 0, 0)
    result = _libc.syscall(
        ctypes.c_long(_SYS_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        target.encode(),
        ctypes.c_uint(_AT_RECURSIVE),
        attributes,
        ctypes.c_size_t(len(attributes)),
    )
    if result < 0:  # Linux before 5.12: one mount at a time
        for point in _mounts_below(target):
            remount_read_only(point)


def _mounts_below(target: str) -> list[str]:
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8") as table:  # noqa: PTH123 - no pathlib cost
        for line in table:
            point = line.split()[4].encode().decode("unicode_escape")
            if point == target or point.startswith(target.rstrip("/") + "/"):
                found.append(point)
    return found


def remount_read_only(point: str) -> None:
    """Make one mount read-only, not those below it."""
    # A user namespace may not clear flags the host has set, so they are repeated.
    have = os.statvfs(point).f_flag
    kept = {os.ST_NODEV: MS_NODEV, os.ST_NOEXEC: MS_NOEXEC}
    flags = sum(mine for theirs, mine in kept.items() if have & theirs)
    mount("none", point, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | flags)


def set_hostname(name: str) -> None:
    """Name this machine, in its own UTS namespace."""
    socket.sethostname(name)


def die_with_parent() -> None:
    """Have the kernel SIGKILL this process as soon as its parent is gone (prctl(2))."""
    parent = os.getppid()
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    # Parent 0 is a process outside of our pid namespace: it cannot be told from a dead one here.
    if parent and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def stay_readable() -> None:
    """Let this process's own files of /proc be its own again, after its user has changed."""
    _checked(_libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")


def pivot_root(root: str) -> None:
    """Make a mount point the root of this mount namespace, and forget the old one."""
    os.chdir(root)
    _checked(_libc.syscall(ctypes.c_long(_SYS_PIVOT_ROOT), b".", b"."), "pivot_root")
    _checked(_libc.umount2(b".", _MNT_DETACH), "umount2")  # the old root lies on top of the new one
    os.chdir("/")


_SIOCSIFADDR = 0x8916
_SIOCSIFFLAGS = 0x8914
_SIOCSIFNETMASK = 0x891C
_IFF_UP = 0x1
_INTERFACE_ADDRESS = struct.Struct("16sHH4s8x")
_INTERFACE_FLAGS = struct.Struct("16sh14x")


def loopback_up(addresses: list[str]) -> None:
    """Bring `lo` up and give it these further IPv4 addresses, a /32 each (netdevice(7))."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, _SIOCSIFFLAGS, _INTERFACE_FLAGS.pack(b"lo", _IFF_UP))
        for index, address in enumerate(addresses):
            name = f"lo:{index}".encode()
            for request, value in ((_SIOCSIFADDR, address), (_SIOCSIFNETMASK, "255.255.255.255")):
                packed = _INTERFACE_ADDRESS.pack(name, socket.AF_INET, 0, socket.inet_aton(value))
                fcntl.ioctl(handle, request, packed)


_ADDRESS_6 = struct.Struct("16sIi")


def add_ipv6(address: str) -> bool:
    """Give `lo` an IPv6 address, a /128; False where this kernel has no IPv6 (ipv6(7))."""
    packed = _ADDRESS_6.pack(
        ipaddress.IPv6Address(address).packed, 128, socket.if_nametoindex("lo")
    )
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as handle:
            fcntl.ioctl(handle, _SIOCSIFADDR, packed)
    except OSError:
        return False
    return True


_SIOCADDRT = 0x890B
_RTF_UP = 0x1
_ADDRESS = struct.Struct("HH4s8x")


class _Route(ctypes.Structure):
    """`struct rtentry` of route(7); a device by name is all that a route of ours has."""

    _fields_ = (
        ("_pad1", ctypes.c_ulong),
        ("destination", ctypes.c_ubyte * 16),
        ("gateway", ctypes.c_ubyte * 16),
        ("mask", ctypes.c_ubyte * 16),
        ("flags", ctypes.c_ushort),
        ("_pad2", ctypes.c_short),
        ("_pad3", ctypes.c_ulong),
        ("_pad4", ctypes.c_void_p),
        ("metric", ctypes.c_short),
        ("device", ctypes.c_char_p),
        ("mtu", ctypes.c_ulong),
        ("window", ctypes.c_ulong),
        ("irtt", ctypes.c_ushort),
    )


def swallow(network: str) -> None:
    """Have the kernel lose, without a word, what this network namespace sends to an IPv4 network.

    It is routed to `lo`, where it is nobody's, and a packet that is nobody's is dropped there.
    """
    addresses = ipaddress.IPv4Network(network)
    route = _Route(flags=_RTF_UP, device=b"lo")
    for field, address in (
        (route.destination, addresses.network_address),
        (route.gateway, ipaddress.IPv4Address(0)),
        (route.mask, addresses.netmask),
    ):
        field[:] = _ADDRESS.pack(socket.AF_INET, 0, address.packed)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, _SIOCADDRT, route)


def kernel() -> str:
    """Return the kernel's release, for messages."""
    return platform.release()
