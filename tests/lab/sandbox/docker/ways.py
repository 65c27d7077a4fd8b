"""Other ways to this machine's engine than its socket, and golab run over them."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import docker
import pytest
import trustme

from lab.errors import UnfitError
from lab.paths import cache_root
from lab.sandbox.docker import sweep, where
from tests.programs import needed

Relay = subprocess.Popen[str]
RELAY = Path(__file__).with_name("relay.py")
COMMAND = (sys.executable, "-m", "lab")
RUN = ("run", "auth-fallback", "--backend", "docker")


def golab(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run golab; its cache stays where it is, whatever HOME says."""
    return subprocess.run(
        [*COMMAND, *args],
        env={**os.environ, "GOLAB_CACHE": str(cache_root()), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def refused(**env: str) -> str:
    """Return the one line with which golab refuses an engine."""
    done = golab("images", "list", **env)
    assert done.returncode == 3, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


def reproduced(**env: str) -> None:
    """Replay a scenario over some way, and see that it is what it is elsewhere."""
    done = golab(*RUN, **env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    assert ", docker, " in done.stdout


def begun(engine: docker.DockerClient, **env: str) -> subprocess.Popen[str]:
    """Start a run that hangs in its scenario, and wait until its lab runs."""
    process = subprocess.Popen(
        [*COMMAND, "run", "proxy-timeout/mute", "--backend", "docker"],
        env={**os.environ, "GOLAB_CACHE": str(cache_root()), **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    end = time.monotonic() + 20
    while not any(lab.running for lab in labs_of(engine, process.pid)):
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"no lab runs: {process.communicate()[0]}")
        time.sleep(0.1)
    time.sleep(1)  # into its scenario
    return process


def lost(engine: docker.DockerClient, process: subprocess.Popen[str]) -> None:
    """See that a golab whose engine has gone says so, and that its containers end."""
    said = process.communicate(timeout=40)[0]
    assert process.returncode == 3, said
    assert "Traceback" not in said
    assert "the Docker engine has gone" in said
    nothing_left(engine, process.pid)


def nothing_left(engine: docker.DockerClient, pid: int) -> None:
    """See that the containers of a golab that has ended end, and that the rest is swept."""
    end = time.monotonic() + 5
    while any(
        row["State"] == "running" for lab in labs_of(engine, pid) for row in lab.containers.values()
    ):
        assert time.monotonic() < end, "its containers still run"
        time.sleep(0.1)
    sweep.sweep(engine)
    assert not labs_of(engine, pid)


def labs_of(engine: docker.DockerClient, pid: int) -> list[sweep.Found]:
    return [lab for lab in sweep.every(engine) if lab.owner.split()[1] == str(pid)]


def engine_socket() -> str:
    """Return the path of the engine's Unix socket."""
    try:
        found = where.endpoint()
    except UnfitError as error:
        pytest.skip(str(error))
    if found is None or not found.is_here:
        pytest.skip("the engine is not behind a Unix socket")
    return found.address.removeprefix("unix://")


@contextmanager
def relayed(ours: str | Path, theirs: str, *certificates: Path) -> Iterator[tuple[str, Relay]]:
    """Relay to a Unix socket while in this block: the address, and the process."""
    command = [sys.executable, RELAY, ours, theirs, *certificates]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as relay:
        assert relay.stdout is not None
        try:
            yield relay.stdout.readline().strip(), relay
        finally:
            relay.kill()


def certificates(place: Path) -> Path:
    """Make an authority and what a server and a client need of it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(place / "ca.pem")
    for leaf, certificate, key in (
        (authority.issue_cert("127.0.0.1"), "server.pem", "server-key.pem"),
        (authority.issue_cert("client.example"), "cert.pem", "key.pem"),
    ):
        leaf.cert_chain_pems[0].write_to_path(place / certificate)
        leaf.private_key_pem.write_to_path(place / key)
    return place


class Server:
    """An sshd of our own on a port of this machine, and a HOME that knows it.

    Args:
        place: a directory for its keys and settings.
        engine: the DOCKER_HOST at its end.
        sessions: as many as it allows in one connection.
    """

    def __init__(self, place: Path, engine: str, sessions: int = 10) -> None:
        pytest.importorskip("paramiko", reason="paramiko is missing: pip install '.[ssh]'")
        program = needed("sshd")
        needed("docker")  # what the other end of ssh:// runs
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it, empty, where it is root
        self.home = place / "home"
        keys = self.home / ".ssh"
        keys.mkdir(parents=True)
        self.host_key, client_key = place / "host", keys / "id_ed25519"
        for key in (self.host_key, client_key):
            new_key(key)
        shutil.copy(client_key.with_suffix(".pub"), place / "authorized")
        settings = place / "sshd_config"
        settings.write_text(
            f"HostKey {self.host_key}\n"
            f"AuthorizedKeysFile {place}/authorized\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "UsePAM no\nStrictModes no\nPidFile none\n"
            f"MaxSessions {sessions}\n"
            f"SetEnv DOCKER_HOST={engine} PATH={os.environ['PATH']}\n"
        )
        self.port = free_port()
        self.address = f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}"
        self.knows(self.host_key)
        listen = f"ListenAddress=127.0.0.1:{self.port}"
        command = [program, "-D", "-e", "-f", str(settings), "-o", listen]
        log = place / "log"
        with log.open("w") as said_there:
            self.process = subprocess.Popen(command, stderr=said_there, start_new_session=True)
        end = time.monotonic() + 5
        while "Server listening" not in (said := log.read_text()):
            if self.process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"sshd did not start: {said}")
            time.sleep(0.02)

    def knows(self, key: Path) -> None:
        """Write into known_hosts that this is the server's key."""
        kind, text, *_ = key.with_suffix(".pub").read_text().split()
        line = f"[127.0.0.1]:{self.port} {kind} {text}\n"
        (self.home / ".ssh" / "known_hosts").write_text(line)

    @property
    def env(self) -> dict[str, str]:
        return {"DOCKER_HOST": self.address, "HOME": str(self.home), "SSH_AUTH_SOCK": ""}

    def connections(self) -> list[int]:
        """Return the processes that serve a connection each."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(child) for child in children.split()]

    def stop(self) -> None:
        """End it, and every connection with it. May be called twice."""
        if self.process.poll() is not None:
            return
        for pid in [self.process.pid, *self.connections()]:
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
        self.process.wait()


def new_key(path: Path, passphrase: str = "") -> None:
    command = [needed("ssh-keygen"), "-q", "-t", "ed25519", "-N", passphrase]
    subprocess.run([*command, "-f", path], check=True, stdin=subprocess.DEVNULL)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])
