"""mitmdump with the addon goes on answering whatever a crowd, or one bad client, does to it."""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from faults.limits import MAX_HEAD
from tests.faults.edge import free_port
from tests.faults.origin import Origin
from tests.faults.test_standalone import environment, mitmdump

CROWD = 2000
PATIENCE = 60.0
RULES = "- {name: mute, where: {endpoint: list}, do: {hang: before-headers}}\n"
HANGING = b"GET /github.com/a/b/@v/list HTTP/1.1\r\nHost: proxy.golang.org\r\n\r\n"
UNFINISHED = b"GET / HTTP/1.1\r\nHost: a\r\n"


@contextmanager
def soft_limit(descriptors: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def dump(home: Path, origin: Origin) -> Iterator[tuple[int, int]]:
    """Run mitmdump with the soft limit of an ordinary login; yield its port and process id."""
    (home / "rules.yaml").write_text(RULES)
    port = free_port()
    mode = f"reverse:http://127.0.0.1:{origin.port}@127.0.0.1:{port}"
    options = ("--mode", mode, "--set", f"golab_rules={home / 'rules.yaml'}", "-q")
    with contextlib.ExitStack() as stack:
        with soft_limit(1024):
            running = stack.enter_context(mitmdump(home, *options, env=environment()))
        deadline = time.monotonic() + PATIENCE
        while running.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                answered(port)
                break
            time.sleep(0.05)
        try:
            yield port, running.pid
        finally:
            running.kill()  # to end in good order it would take its time over a crowd


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE)


def answered(port: int) -> bytes:
    """Ask as one of the others, and return the status line."""
    with connected(port) as client:
        client.sendall(b"GET /github.com/a/b/@v/v1.0.0.info HTTP/1.1\r\nHost: a\r\n\r\n")
        return client.recv(100).partition(b"\r\n")[0]


def megabytes(pid: int) -> float:
    """Return the most memory that a process ever had."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@pytest.mark.slow
def test_others_are_answered_while_2000_connections_stall(tmp_path: Path, origin: Origin) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < 3 * CROWD:
        pytest.skip(f"{3 * CROWD} descriptors are needed, and this machine allows {hard}")
    with contextlib.ExitStack() as stack:
        port, _ = stack.enter_context(dump(tmp_path, origin))
        stack.enter_context(soft_limit(hard))
        for number in range(CROWD):
            client = stack.enter_context(connected(port))
            client.sendall(HANGING if number % 2 else UNFINISHED)
        for _ in range(5):
            assert answered(port).startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("line", [b"a: b\r\n", b"X-" + b"a" * 1000], ids=["many", "one"])
def test_others_are_answered_while_10_mb_of_headers_come(
    tmp_path: Path, origin: Origin, line: bytes
) -> None:
    with dump(tmp_path, origin) as (port, pid):
        before = megabytes(pid)
        with connected(port) as client:
            client.sendall(UNFINISHED)
            said = b""
            with contextlib.suppress(ConnectionError):
                client.sendall(line * (10 * (1 << 20) // len(line)))
                client.sendall(b"\r\n\r\n")
                said = client.recv(1000)
            assert not said or b" 431 " in said
            assert answered(port).startswith(b"HTTP/1.1 ")
        assert megabytes(pid) - before < 100


def test_a_large_head_is_still_a_request(tmp_path: Path, origin: Origin) -> None:
    with dump(tmp_path, origin) as (port, _), connected(port) as client:
        client.sendall(HANGING.replace(b"\r\n\r\n", b"\r\nX: " + b"a" * 60_000 + b"\r\n\r\n"))
        with connected(port) as other:
            other.sendall(UNFINISHED + b"X: " + b"a" * (MAX_HEAD + 70_000))
            assert other.recv(100).startswith(b"HTTP/1.1 431 ")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):  # it hangs, as the rule says: so it was understood
            client.recv(1)
