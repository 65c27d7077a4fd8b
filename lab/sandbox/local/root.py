"""The file system a client sees: the host's programs read-only, everything else its own.

Only directories that hold programs are shown. The host's /run, /tmp, /var and home directories
are not: sockets of resolvers and daemons live there, and through them a sealed network leaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lab.sandbox import linux

STAGES = ("/mnt", "/srv", "/media", "/tmp")  # noqa: S108 - a mount point, covered by our tmpfs
PROGRAM_DIRECTORIES = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "opt", "nix")
_TERMINALS = "newinstance,ptmxmode=0666,mode=0620,max=128"  # of some 4096 that a kernel has
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
ETC_SHOWN = (
    "alternatives",
    "ca-certificates.conf",
    "crypto-policies",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "protocols",
    "services",
    "ssl/openssl.cnf",
    "pki/tls/openssl.cnf",
)


ETC_OWN = {
    "passwd": "root:x:0:0:root:/:/bin/false\nclient:x:1000:1000:client:/lab/home:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/:/bin/false\n",
    "group": "root:x:0:\nclient:x:1000:\nnogroup:x:65534:\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost\n",
    "hostname": "client\n",
}


def stage(needed: list[Path]) -> Path:
    """Choose where to mount the lab's tmpfs: a directory every system has, none that we need."""
    for candidate in map(Path, STAGES):
        if candidate.is_dir() and not any(path.is_relative_to(candidate) for path in needed):
            return candidate
    raise OSError(f"no mount point among {', '.join(STAGES)} is free for the lab")


def build(root: Path, shown: Mapping[str, str]) -> None:
    """Build what all clients of a lab see; each mounts its own directories over empty ones.

    Args:
        root: an empty directory of the lab's tmpfs.
        shown: where a client sees what else of the host, such as the Go distribution.
    """
    root.mkdir()
    for name in PROGRAM_DIRECTORIES:
        _show(Path("/") / name, root / name)
    for name in ETC_SHOWN:
        _show(Path("/etc") / name, root / "etc" / name)
    for name, text in ETC_OWN.items():
        etc(root, name, text)
    _devices(root / "dev")
    for name in ("proc", "tmp", "lab/home"):
        (root / name).mkdir(parents=True)
    for place, source in shown.items():
        _show(Path(source), root / place.lstrip("/"))


def closed_to_others(goroot: Path) -> Path | None:
    """Return what of a Go distribution another user than its owner cannot read, if anything."""
    for place in (goroot, goroot / "bin", goroot / "bin/go", goroot / "pkg", goroot / "src"):
        if place.exists() and not place.stat().st_mode & (0o001 if place.is_dir() else 0o004):
            return place
    return None


def etc(root: Path, name: str, text: str) -> None:
    """Write a file below /etc that all clients of the lab see from now on."""
    target = root / "etc" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def _show(source: Path, target: Path) -> None:
    if not source.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink() and source.parent == Path("/"):  # /bin -> usr/bin
        target.symlink_to(source.readlink())
        return
    if source.is_dir():
        target.mkdir()
    else:
        target.touch()
    linux.bind_read_only(str(source.resolve()), str(target))


def _devices(dev: Path) -> None:
    dev.mkdir()
    for name in DEVICES:
        node = dev / name
        node.touch()
        linux.mount(f"/dev/{name}", str(node), None, linux.MS_BIND)
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        (dev / name).symlink_to(f"/proc/self/fd{target}")
    (dev / "ptmx").symlink_to("pts/ptmx")
    for name in ("pts", "shm"):
        (dev / name).mkdir()
    # Here and not with what is a client's own: devpts wants a user 0, which a client's users lack.
    flags = linux.MS_NOSUID | linux.MS_NOEXEC
    linux.mount("golab", str(dev / "pts"), "devpts", flags, _TERMINALS)
