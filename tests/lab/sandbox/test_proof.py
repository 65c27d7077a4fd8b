"""The proof of sealing: a lab that leaks is not used, and what is no refusal counts as a leak."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.daemon import registry
from lab.errors import LabError
from lab.sandbox import egress
from lab.sandbox.interface import LabSpec
from lab.sandbox.local import sealed
from lab.sandbox.local.backend import LocalBackend
from tests.lab.sandbox.altered import alter


@contextmanager
def leaking(monkeypatch: pytest.MonkeyPatch, folder: Path, change: str) -> Iterator[LocalBackend]:
    """A backend whose labs have a hole, made by a change of golab before it starts them."""
    alter(monkeypatch, folder, change)
    backend = LocalBackend()
    try:
        yield backend
    finally:
        backend.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('from lab.sandbox import egress; egress.IPV4 = "198.18.0.2"', "TCP to 198.18.0.2 is not"),
        ('from lab.sandbox import egress; egress.NAME = "proxy.golang.org"', "resolves to 198.18"),
        (
            """
from lab.sandbox import linux
from lab.sandbox.local import client, init
client._NAMESPACES &= ~linux.CLONE_NEWIPC
init._NAMESPACES &= ~linux.CLONE_NEWIPC
""",
            "the ipc namespace is the host's",
        ),
        (
            "from lab.sandbox.agent import seccomp; seccomp._FAMILIES += (40,)",
            r"a socket to the hypervisor \(AF_VSOCK\) can be made",
        ),
    ],
)
def test_a_lab_that_leaks_is_not_used(
    lab_spec: LabSpec,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    change: str,
    said: str,
) -> None:
    if "AF_VSOCK" in said and not egress.open_families():
        pytest.skip("this kernel has no AF_VSOCK")
    with leaking(monkeypatch, tmp_path, change) as backend:
        with pytest.raises(LabError, match=f"not sealed and was not used: .*{said}"):
            backend.start(lab_spec)
        assert not backend._labs


def test_a_proof_that_does_not_end_well_is_none(
    lab_spec: LabSpec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    change = "from lab.sandbox.local import sealed\ndef leaks(host): raise ValueError('no proof')\n"
    with (
        leaking(monkeypatch, tmp_path, f"{change}sealed.leaks = leaks") as backend,
        pytest.raises(LabError, match="no proof"),
    ):
        backend.start(lab_spec)


def test_a_time_out_is_no_refusal() -> None:
    """A packet that nobody answers may be on its way out."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):  # nobody accepts: the next one gets no answer
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        assert not egress._refused("127.0.0.1", full.getsockname()[1], socket.SOCK_STREAM)


def test_what_is_refused_by_a_host_is_no_refusal_of_the_kernels() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert not egress._refused("127.0.0.1", port, socket.SOCK_STREAM)


def test_a_resolver_of_the_host_that_answers_is_a_leak() -> None:
    address = "127.0.0.77"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        try:
            resolver.bind((address, 53))
        except OSError as error:
            pytest.skip(f"port 53 cannot be had here: {error.strerror}")
        resolver.settimeout(20)

        def answer() -> None:
            query, caller = resolver.recvfrom(512)
            resolver.sendto(query, caller)

        answering = threading.Thread(target=answer)
        answering.start()
        host = sealed.Host(dict.fromkeys(sealed.namespaces(), 0), [address])
        assert f"the host's resolver {address} answers" in sealed.leaks(host)
        answering.join(20)
    silent = sealed.Host(host.namespaces, ["127.0.0.78"])
    assert not [way for way in sealed.leaks(silent) if "resolver" in way]


def test_the_hosts_resolvers_are_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("# nameserver 9.9.9.9\nnameserver 192.0.2.53\nnameserver fe80::1%eth0\n")
    monkeypatch.setattr(sealed, "RESOLV_CONF", file)
    assert sealed.host().resolvers == ["192.0.2.53", "fe80::1%eth0"]


def test_a_runtime_directory_of_somebody_else_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    mine = registry.folder()
    assert registry.folder() == mine
    mine.chmod(0o750)
    with pytest.raises(LabError, match="is not ours alone; remove it"):
        registry.folder()
    mine.rmdir()
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    mine.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LabError, match="is not ours alone; remove it"):
        registry.folder()
    mine.unlink()
    if os.geteuid() == 0:
        mine.mkdir(mode=0o700)
        os.chown(mine, 12345, 12345)
        with pytest.raises(LabError, match="is not ours alone; remove it"):
            registry.folder()
