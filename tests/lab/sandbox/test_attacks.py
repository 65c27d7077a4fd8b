"""A hostile client gets nowhere: each attack is tried, harmlessly, in a local lab.

As root here, and once more as an ordinary user by `test_without_root`, who runs this file again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab.client import Client, prepare
from lab.errors import LabError
from lab.sandbox import egress
from lab.sandbox.interface import Completed, LabSpec
from lab.sandbox.local.backend import LocalLab
from lab.spec.client import ClientSpec

FRESH = ClientSpec(env={"GOPROXY": "https://proxy.golang.org"})


def tried(client: Client, script: str, limit: float = 20) -> Completed:
    return client.run(["sh", "-c", script], limit=limit)


def said(client: Client, script: str) -> str:
    done = tried(client, script)
    return done.stdout + done.stderr


def python(client: Client, script: str) -> str:
    if not client.has("python3"):
        pytest.skip("python3 is not installed where the client runs")
    done = client.run(["python3", "-c", script], limit=20)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "path", ["/bin", "/lab/go", "/lab/enter.sh", "/etc/passwd", "/usr/bin/env", "/dev/null.d", "/x"]
)
def test_nothing_that_others_run_or_read_can_be_replaced(client: Client, path: str) -> None:
    for attack in (f"rm -rf {path}; ln -s /tmp {path}", f"mv {path} /tmp/", f"echo x > {path}"):
        said(client, attack)
    assert said(client, f"readlink {path}").strip() in ("", "usr/bin")
    assert "root:x:0" in said(client, "cat /etc/passwd")
    assert client.run("go version", limit=20).exit == 0


def test_no_process_has_a_right_to_lose(client: Client) -> None:
    lines = said(client, "cat /proc/[0-9]*/status").splitlines()
    fields = [line.split() for line in lines]
    sets = ("CapInh:", "CapPrm:", "CapEff:", "CapAmb:")  # the bounding set is not ours everywhere
    assert {words[1] for words in fields if words[0] in sets} == {"0" * 16}
    assert {words[1] for words in fields if words[0] == "NoNewPrivs:"} == {"1"}
    assert {words[1] for words in fields if words[0] == "Seccomp:"} == {"2"}
    assert {number for words in fields if words[0] == "Uid:" for number in words[1:]} == {"1000"}


def test_the_hosts_root_is_mapped_nowhere(client: Client) -> None:
    inside, outside, size = said(client, "cat /proc/self/uid_map").split()
    assert (inside, size) == ("1000", "1")
    if os.geteuid() == 0:
        assert outside != "0"
        assert said(client, "stat -c %u /usr/bin/env").strip() == "65534"


def test_nothing_lies_behind_the_root_directory(client: Client) -> None:
    host = str(Path(__file__).resolve())
    for path in (host, f"/proc/1/root{host}", f"/proc/self/root{host}", "/proc/1/cwd/etc/shadow"):
        assert tried(client, f"cat {path} >/dev/null").exit != 0
    assert "ermission denied" in said(client, "cat /proc/1/environ; cat /proc/1/mem")
    assert "ermission denied" in said(client, "ls -l /proc/1/fd /proc/1/root")
    mounts = {line.split()[1] for line in said(client, "cat /proc/mounts").splitlines()}
    assert not [point for point in mounts if point.startswith(("/mnt", "/root", "/home"))]


def test_links_lead_only_where_the_client_could_go(client: Client, tmp_path: Path) -> None:
    secret, target = tmp_path / "secret", tmp_path / "written"
    secret.write_text("the host's secret")
    for root in ("", "/proc/1/root", "/proc/self/root"):
        said(client, f"ln -sf {root}{secret} go.mod; ln -sf {root}{target} written")
        read = client.lab.read([f"{client.project}/go.mod"])
        assert not read.found
        with pytest.raises(LabError, match="cannot be written"):
            client.lab.write({f"{client.project}/written": "x"})
        assert not target.exists()


def test_what_is_no_file_keeps_nobody_waiting(client: Client) -> None:
    go_mod = f"{client.project}/go.mod"
    for attack, why in (
        ("rm go.mod; mkfifo go.mod", "it is no file"),
        ("rm go.mod; mkdir go.mod", "it is a directory"),
        ("rmdir go.mod; ln -s /dev/zero go.mod", "it is no file"),
        ("rm go.mod; ln -s go.mod go.mod", "too many levels of symbolic links"),
        ("rm go.mod; touch go.mod; chmod 0 go.mod", "permission denied"),
    ):
        said(client, attack)
        assert client.lab.read([go_mod]).unread == {go_mod: why}


@pytest.mark.parametrize("name", ["kernel/core_pattern", "kernel/hostname", "net/ipv4/ip_forward"])
def test_the_kernels_settings_cannot_be_written(client: Client, name: str) -> None:
    opened = tried(client, f": >>/proc/sys/{name}")
    assert opened.exit != 0
    assert "Read-only" in opened.stderr or "ermission denied" in opened.stderr


@pytest.mark.parametrize("name", ["kcore", "keys", "timer_list", "sysrq-trigger"])
def test_what_the_kernel_shows_of_the_host_is_masked(client: Client, name: str) -> None:
    if not Path("/proc", name).exists():
        pytest.skip("this kernel has none")
    assert said(client, f"head -c 64 /proc/{name}; : >>/proc/{name}").count("\n") <= 2
    assert tried(client, f"head -c 64 /proc/{name}").stdout == ""


CALLS = {  # numbers of x86_64
    "add_key": "c.syscall(248, b'user', b'golab', b'x', 1, -3)",
    "keyctl": "c.syscall(250, 0, -3, 0)",
    "unshare": "c.unshare(0x10000000)",
    "mount": "c.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
    "bpf": "c.syscall(321, 0, 0, 0)",
    "io_uring": "c.syscall(425, 1, 0)",
    "perf": "c.syscall(298, 0, 0, -1, -1, 0)",
    "ptrace": "c.ptrace(16, 1, 0, 0)",
    "namespace": "c.syscall(56, 0x10000011, 0, 0, 0, 0)",
}


@pytest.mark.parametrize("name", CALLS)
def test_system_calls_that_a_client_does_not_need_are_refused(client: Client, name: str) -> None:
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers are those of x86_64")
    code = f"import ctypes, os; c = ctypes.CDLL(None, use_errno=True); r = {CALLS[name]}"
    if name == "namespace":
        code += "; r == 0 and os._exit(0)"
    assert python(client, f"{code}; print(r, ctypes.get_errno())").strip() == "-1 1"


@pytest.mark.parametrize("family", [17, 38, 40, 44])  # packets, crypto, the hypervisor, XDP
def test_only_sockets_of_a_network_can_be_made(client: Client, family: int) -> None:
    code = f"import socket\ntry: socket.socket({family}, 3)\nexcept OSError as e: print(e.errno)"
    assert python(client, code).strip() == "97"  # EAFNOSUPPORT
    for good in ("AF_INET", "AF_INET6", "AF_UNIX"):
        assert python(client, f"import socket; socket.socket(socket.{good})") == ""


def test_the_proof_of_sealing_looks_for_the_hypervisor() -> None:
    """Outside of a lab such a socket can be made, where the kernel has them."""
    has = Path("/proc/net/protocols").read_text().count("AF_VSOCK")
    assert bool(egress.open_families()) == bool(has)


def test_nobody_types_into_a_terminal(running_lab: LocalLab, client: Client) -> None:
    code = "import fcntl\ntry: fcntl.ioctl(0, 0x5412, b'x')\nexcept OSError as e: print(e.errno)"
    if not client.has("python3"):
        pytest.skip("python3 is not installed where the client runs")
    from lab.sandbox.interface import Command

    shown: list[bytes] = []
    running = running_lab.open(
        Command(("python3", "-c", code), client.env, "/", 20),
        terminal=(24, 80),
        on_event=lambda event: shown.append(event.get("data", b"")),
    )
    assert running.result() == 0
    assert b"".join(shown).strip() == b"1"  # EPERM


def test_a_limit_is_a_limit(client: Client) -> None:
    began = time.monotonic()
    done = tried(client, "setsid sleep 400 & sleep 300", limit=1)
    assert done.timed_out
    assert time.monotonic() - began < 60
    while "sleep" in said(client, "cat /proc/[0-9]*/comm") and time.monotonic() - began < 90:
        time.sleep(0.1)  # it is killed, and has not ended yet
    assert "sleep" not in said(client, "cat /proc/[0-9]*/comm")


def test_a_command_ends_with_its_first_process(client: Client) -> None:
    began = time.monotonic()
    done = tried(client, "echo said; sleep 300 & exit 3")
    assert (done.exit, done.stdout) == (3, "said\n")
    assert time.monotonic() - began < 60


def test_nothing_that_an_arm_started_or_wrote_outlives_it(
    running_lab: LocalLab, lab_spec: LabSpec, client: Client
) -> None:
    hide = "setsid sh -c 'sleep 7777 </dev/null >/dev/null 2>&1 &' ; mkdir -p /tmp/a /dev/shm/b"
    assert tried(client, f"trap '' TERM HUP INT; {hide}; chmod 0 /tmp/a; touch ~/left").exit == 0
    assert "sleep" in said(client, "cat /proc/[0-9]*/comm")
    fresh = prepare(running_lab, lab_spec, FRESH)
    assert "sleep" not in said(fresh, "cat /proc/[0-9]*/comm")
    assert said(fresh, "ls /tmp /dev/shm; ls ~/left").count("No such file") == 1
    running_lab.check()


def test_edge_and_origin_are_out_of_reach(running_lab: LocalLab, client: Client) -> None:
    seen = said(client, "echo /proc/[0-9]*").split()
    assert len(seen) <= 3, seen  # the agent, the shell, and what it has just forked
    for signal in ("KILL", "TERM", "INT", "HUP", "SEGV"):
        tried(client, f"kill -{signal} 1; for pid in $(seq 99); do kill -{signal} $pid; done")
        tried(client, f"kill -{signal} -1")
    running_lab.check()
    assert client.run("go list -m -versions golang.org/x/text", limit=20).exit == 0
    answer = client.fetch("http://198.18.0.3/golang.org/x/text/@v/list", limit=10)
    assert (answer.status, answer.body) == (403, b"this origin answers its edge alone")


def test_what_is_used_up_is_said(running_lab: LocalLab, lab_spec: LabSpec, client: Client) -> None:
    many = tried(client, "for i in $(seq 800); do sleep 30 & done; wait", limit=8)
    assert many.hit == "processes", many
    client = prepare(running_lab, lab_spec, FRESH)
    output = tried(client, "yes", limit=60)
    assert (output.hit, len(output.stdout) < 5_000_000) == ("output", True)
    assert output.stdout.endswith("[golab: output cut off here]\n")
    full = tried(client, "cat /dev/zero >/tmp/full")
    assert (full.hit, full.exit) == ("files", 1)
    prepare(running_lab, lab_spec, FRESH)


def test_what_is_read_back_is_bounded(client: Client) -> None:
    assert tried(client, "truncate -s 1G go.mod").exit == 0
    go_mod = f"{client.project}/go.mod"
    unread = {go_mod: "it is longer than the 4 MB golab reads"}
    assert client.lab.read([go_mod]).unread == unread
    too_big = tried(client, "truncate -s 3G go.mod")
    assert too_big.exit != 0
    assert "File" in too_big.stderr  # its size limit is exceeded, or it is too large


def test_what_cannot_be_executed_is_126(client: Client) -> None:
    client.lab.write({f"{client.project}/text": "no program", f"{client.project}/none": ""})
    assert tried(client, "chmod +x none").exit == 0
    plain = client.run(["./text"], limit=5)
    assert (plain.exit, plain.stderr) == (126, "./text: cannot be executed: Permission denied\n")
    assert client.run(["./none"], limit=5).exit == 126
    assert client.run(["/usr"], limit=5).exit == 126
    assert client.run(["no-such\0program"], limit=5).exit == 127
    assert client.run(["true", "\0"], limit=5).exit == 126


def test_a_directory_that_has_gone_is_said(client: Client) -> None:
    assert tried(client, "rm -rf ../project").exit == 0
    with pytest.raises(LabError, match="project cannot be entered: No such file or directory"):
        client.run(["true"], limit=5)


@pytest.mark.slow
@pytest.mark.skipif("PYTEST_ATTACKED" in os.environ, reason="this is the second time")
def test_without_root() -> None:
    """The same as user 1000 without any capability."""
    again = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0", str(__file__)]
    done = subprocess.run(
        ["unshare", "--user", "--map-user=1000", "--map-group=1000", *again],
        env={**os.environ, "PYTEST_ATTACKED": "1"},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout[-6000:]
