"""Ways out of a sandbox that were open once: through the agent, and around its limits."""

from __future__ import annotations

import errno
import itertools
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from lab.client import Client, prepare
from lab.errors import LabError, UnfitError
from lab.go.toolchain import Toolchain
from lab.sandbox.agent import tree
from lab.sandbox.base_lab import Part
from lab.sandbox.choose import open_backend
from lab.sandbox.interface import Command, Completed, LabSpec
from lab.sandbox.local.backend import LocalBackend, LocalLab
from lab.spec.client import ClientSpec
from tests.lab.sandbox.altered import alter

FRESH = ClientSpec(env={"GOPROXY": "https://proxy.golang.org"})


def said(client: Client, script: str, limit: float = 20) -> str:
    done = client.run(["sh", "-c", script], limit=limit)
    return done.stdout + done.stderr


@pytest.mark.parametrize("terminal", [None, (24, 80)])
def test_a_client_has_its_streams_and_no_other_descriptor(
    running_lab: LocalLab, client: Client, terminal: tuple[int, int] | None
) -> None:
    """The line to golab is one: who can write to it answers in the agent's name."""
    shown: list[bytes] = []
    running = running_lab.open(
        Command(("sh", "-c", "echo /proc/self/fd/*"), client.env, "/", 20),
        terminal=terminal,
        on_event=lambda event: shown.append(event.get("data", b"")),
    )
    assert running.result() == 0
    opened = [int(name.rpartition(b"/")[2]) for name in b"".join(shown).split()]
    assert opened[:3] == [0, 1, 2]
    assert len(opened) == 4, opened  # and the directory that the shell reads
    assert "socket" not in said(client, "ls -l /proc/self/fd")


@pytest.fixture
def old_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalBackend]:
    """Labs without Landlock, of a golab whose standard error is a file of the host."""
    change = "from lab.sandbox.agent import landlock; landlock.abi = lambda: 0"
    alter(monkeypatch, tmp_path, change)
    file = tmp_path / "stderr"
    before = os.dup(2)
    with file.open("w+") as stream:
        os.dup2(stream.fileno(), 2)
    try:
        backend = LocalBackend()
    finally:
        os.dup2(before, 2)
        os.close(before)
    try:
        yield backend
    finally:
        backend.close()


def test_golabs_own_streams_are_not_the_agents(
    old_kernel: LocalBackend, lab_spec: LabSpec, tmp_path: Path
) -> None:
    file = tmp_path / "stderr"
    file.write_text("of the host")
    file.chmod(0o666)
    with old_kernel.start(lab_spec) as lab:
        client = prepare(lab, lab_spec, FRESH)
        for number in range(3):
            said(client, f"ln -sf /proc/self/fd/{number} go.mod")
            assert not lab.read([f"{client.project}/go.mod"]).found
            with pytest.raises(LabError, match="cannot be written"):
                lab.write({f"{client.project}/go.mod": "by the client"})
    assert file.read_text() == "of the host"


def test_the_agent_imports_nothing_that_a_client_has_written(
    lab_spec: LabSpec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What it has not loaded when it starts it would look for where golab's modules lay outside."""
    change = """
import sys
from lab.sandbox.agent import main
sys.path.append("/tmp")
main.IN_PLACE["load"] = lambda name: bool(__import__(name))
"""
    alter(monkeypatch, tmp_path, change)
    backend = LocalBackend()
    try:
        with backend.start(lab_spec) as lab:
            lab.write({"/tmp/of_the_client.py": ""})
            assert lab._ask("client", "load", name="json") is True
            with pytest.raises(LabError, match="No module named 'of_the_client'"):
                lab._ask("client", "load", name="of_the_client")
    finally:
        backend.close()


def test_a_terminal_may_change_its_size_when_nobody_has_it(
    running_lab: LocalLab, client: Client
) -> None:
    let_go = "exec </dev/null >/dev/null 2>&1; sleep 1"
    running = running_lab.open(
        Command(("sh", "-c", let_go), client.env, "/", 20),
        terminal=(24, 80),
        on_event=lambda _: None,
    )
    time.sleep(0.5)
    running.follow("resize", rows=30, columns=90)
    assert running.result() == 0
    running_lab.check()


def test_a_client_that_is_replaced_has_ended_for_whoever_uses_it(
    running_lab: LocalLab, lab_spec: LabSpec, client: Client
) -> None:
    """Each request is answered or fails with a reason, whatever the others do."""
    stop = threading.Event()
    wrong: list[Exception] = []

    def use() -> None:
        while not stop.is_set():
            try:
                client.run(["true"], limit=20)
            except LabError:
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, it is wrong
                wrong.append(error)
                return

    def check() -> None:
        while not stop.is_set():
            try:
                running_lab.check()
            except LabError:
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, it is wrong
                wrong.append(error)
                return

    threads = [threading.Thread(target=work) for work in (use, use, check)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        running_lab.fresh()
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert prepare(running_lab, lab_spec, FRESH).run(["true"], limit=20).exit == 0


CHILDREN = ("edge", "starter", "origin")
"""Those of the first process of a lab, in their order; with a starter its client ends, too."""


@pytest.mark.parametrize("part", CHILDREN)
def test_a_part_that_is_killed_is_missed_at_once(
    lab_spec: LabSpec, part: Literal["edge", "starter", "origin"]
) -> None:
    """Nothing else has its line open, such as what removes the cgroups of a lab."""
    with open_backend("local") as backend, backend.start(lab_spec) as lab:
        assert isinstance(lab, LocalLab)
        first = int(lab._init.noted["pid"])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        os.kill(int(children[CHILDREN.index(part)]), signal.SIGKILL)
        heard: Part = "client" if part == "starter" else part
        assert lab.channels[heard].wait(10)
        with pytest.raises(LabError, match=f"the {heard} of the lab has ended"):
            lab.check()
        if part == "starter":
            with pytest.raises(LabError, match="the process that starts clients has ended"):
                lab._another_client()


def run_below(script: str) -> subprocess.CompletedProcess[str]:
    """Run a scenario in namespaces of its own, after a change to them."""
    golab = f"{sys.executable} -m lab run auth-fallback --backend local"
    return subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", f"{script}; {golab}"],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_kernel_that_refuses_root_its_namespaces_is_said_with_the_remedy() -> None:
    done = run_below("echo 0 >/proc/sys/user/max_user_namespaces")
    assert done.returncode == UnfitError.exit_status, done.stdout + done.stderr
    assert "the kernel refuses the lab its namespaces: No space left" in done.stderr
    assert "sysctl -w user.max_user_namespaces" in done.stderr


def test_processes_of_others_are_never_shown() -> None:
    """In a container that hides parts of /proc the kernel gives a lab no /proc of its own."""
    done = run_below("mount -t tmpfs none /proc/bus")
    assert done.returncode == UnfitError.exit_status, done.stdout + done.stderr
    assert "--security-opt systempaths=unconfined" in done.stderr


def test_labs_outlive_the_thread_that_asked_for_them(lab_spec: LabSpec) -> None:
    """The kernel takes the end of the thread that forked a process for the end of its parent."""

    def start() -> None:
        backend = LocalBackend()
        made.append((backend, backend.start(lab_spec)))

    made: list[tuple[LocalBackend, LocalLab]] = []
    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    ((backend, lab),) = made
    try:
        assert prepare(lab, lab_spec, FRESH).run(["true"], limit=20).exit == 0
    finally:
        backend.close()


def test_pairs_of_sockets_are_of_a_network_too(client: Client) -> None:
    """The kernel loads a module for a family that it does not know yet, for a pair as well."""
    code = "import socket\ntry: socket.socketpair(40)\nexcept OSError as error: print(error.errno)"
    done = client.run(["python3", "-c", code], limit=20)
    assert done.stdout.strip() == str(errno.EAFNOSUPPORT), done
    assert client.run(["python3", "-c", "import socket; socket.socketpair()"], limit=20).exit == 0


def test_a_machine_without_a_filter_leaves_a_client_no_capabilities(
    lab_spec: LabSpec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    change = """
import platform
from lab.sandbox import egress, linux
platform.machine = lambda: "riscv64"
egress.open_families = lambda: []
"""
    alter(monkeypatch, tmp_path, change)
    with open_backend("local") as backend, backend.start(lab_spec) as lab:
        client = prepare(lab, lab_spec, FRESH)
        status = said(client, "grep -hE '^(Cap|Seccomp:)' /proc/[0-9]*/status").split()
    assert len(status) >= 24  # the agent is one of them
    assert set(status[1::2]) == {"0" * 16, "0"}


def test_a_client_goes_before_the_host(client: Client) -> None:
    """When the memory of the machine is used up, and when a program of it crashes."""
    assert said(client, "cat /proc/self/oom_score_adj").strip() == "1000"
    cores = said(client, "grep 'core file' /proc/self/limits").split()
    assert cores[4] in ("0", "1")
    assert cores[4] == str(min(1, resource.getrlimit(resource.RLIMIT_CORE)[1] % (1 << 64)))


def test_terminals_are_the_hosts_too(client: Client) -> None:
    """A kernel has some thousands of them, for all."""
    code = """
import os
held = []
try:
    while len(held) < 1000: held.append(os.openpty())
except OSError: print(len(held))
"""
    assert int(client.run(["python3", "-c", code], limit=20).stdout) <= 128


@pytest.mark.timeout(20)
def test_processes_that_flee_do_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a child and ends: what is found has gone, and something new is there."""
    pids = itertools.count(100)
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(tree, "processes", lambda: [(next(pids), 1, 7, 7)])
    monkeypatch.setattr(tree, "kill", lambda pid, number: killed.append((pid, number)))
    tree.end_tree(7)
    assert (7, signal.SIGKILL) in killed
    assert (-1, signal.SIGKILL) not in killed  # this is no sandbox
    monkeypatch.setattr(os, "getpid", lambda: 1)
    tree.end_tree(7)
    assert (-1, signal.SIGKILL) in killed


def test_an_agent_that_starts_afresh_answers_what_it_ends(
    running_lab: LocalLab, client: Client
) -> None:
    """Where the agent stays, as in a container, neither limit nor stream outlives the command."""
    ended: list[Completed] = []
    thread = threading.Thread(
        target=lambda: ended.append(client.run(["sleep", "300"], limit=200)), daemon=True
    )
    thread.start()
    while "sleep" not in said(client, "cat /proc/[0-9]*/comm"):
        time.sleep(0.05)
    running_lab._ask("client", "fresh")
    thread.join(20)
    assert [done.exit for done in ended] == [-signal.SIGKILL]


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's client is that user")
def test_a_go_that_only_root_may_read_is_said(lab_spec: LabSpec, tmp_path: Path) -> None:
    goroot = tmp_path / "go"
    (goroot / "bin").mkdir(parents=True)
    goroot.chmod(0o755)
    (goroot / "bin").chmod(0o700)
    spec = replace(lab_spec, toolchain=Toolchain("1.27.3", goroot))
    said = f"only its owner may read {goroot}/bin, which clients need; `chmod -R a\\+rX {goroot}`"
    with open_backend("local") as backend, pytest.raises(LabError, match=said):
        backend.start(spec)


def test_what_a_client_sends_does_not_fill_the_hosts_memory(running_lab: LocalLab) -> None:
    """The edge and the origin keep a request in memory, and it can be as long as you like."""
    first = int(running_lab._init.noted["pid"])
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    for part in (children[CHILDREN.index("edge")], children[CHILDREN.index("origin")]):
        rows = Path(f"/proc/{part}/limits").read_text().splitlines()
        (row,) = [row for row in rows if row.startswith("Max data")]
        assert int(row.split()[3]) <= 1 << 30
