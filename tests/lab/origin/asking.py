"""Asks an origin, in this process or in one of its own, as the tests want to."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from urllib.parse import quote

from lab.origin import server, tls
from lab.origin.app import Origin
from lab.origin.control import Control
from lab.world import model
from lab.world.tree import Credential, Tree
from tests.programs import needed


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(
    origin: Origin,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    escape: bool = True,
) -> Answer:
    """Ask the application for `host/path?query`, without a network."""
    host, _, rest = url.partition("/")
    path, _, query = rest.partition("?")
    raw = quote("/" + path, safe="/!@+$:=~") if escape else "/" + path
    given = [(b"host", host.encode())]
    given += [(name.lower().encode(), text.encode()) for name, text in (headers or {}).items()]
    scope = {
        "type": "http",
        "method": method,
        "raw_path": raw.encode("latin-1"),
        "query_string": query.encode(),
        "headers": given,
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(origin(scope, receive, send))
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], answered, b"".join(part.get("body", b"") for part in sent[1:]))


def basic(user: str, secret: str) -> dict[str, str]:
    """Return the header that shows these credentials."""
    return {"authorization": "Basic " + b64encode(f"{user}:{secret}".encode()).decode()}


@dataclass(frozen=True)
class Internet:
    """An origin behind TLS and a forward proxy, so that all its names can be used."""

    port: int
    env: Mapping[str, str]
    control: Control


@contextmanager
def internet(tree: Tree, directory: Path) -> Iterator[Internet]:
    """Run an origin that a client reaches under the real names; see `Internet.env`."""
    certificate, key = tls.create([*tree.hosts, "127.0.0.1"], directory)
    control = directory / "control"
    with server.listen() as door:
        options: list[str | Path] = ["--tunnel", str(door.fileno()), "--control", control]
        options += ["--cert", certificate, "--key", key]
        with running(tree, *options, inherit=[door.fileno()]) as port:
            env = {
                "HTTPS_PROXY": f"http://127.0.0.1:{door.getsockname()[1]}",
                "SSL_CERT_FILE": str(certificate),
                "GIT_SSL_CAINFO": str(certificate),
                "GOSUMDB": tree.gosumdb,
            }
            yield Internet(port, env, Control(control))


@contextmanager
def running(tree: Tree, *options: str | Path, inherit: Iterable[int] = ()) -> Iterator[int]:
    """Run `python -m lab.origin` on a free port of this machine; yield the port."""
    with server.listen() as sock:
        command: list[str | Path] = [sys.executable, "-m", "lab.origin", tree.path]
        command += ["--fd", str(sock.fileno())]
        process = subprocess.Popen(
            [*command, *options], pass_fds=[sock.fileno(), *inherit], stdout=subprocess.DEVNULL
        )
        try:
            yield sock.getsockname()[1]
        finally:
            process.terminate()
            assert process.wait(10) == 0


@dataclass(frozen=True)
class Client:
    """The go command with a home, caches and environment of its own."""

    goroot: Path
    home: Path
    project: Path
    env: Mapping[str, str]

    def __call__(self, *argv: str, **env: str) -> CompletedProcess[str]:
        """Run `go argv` in the project, for 100 seconds at most."""
        return self._run(["go", *argv], env)

    def git(self, *argv: str, check: bool = True) -> CompletedProcess[str]:
        """Run `git argv` in the project, under the same environment."""
        who = ["-c", "user.name=x", "-c", "user.email=x@x.example"]
        done = self._run([needed("git"), *who, *argv], {})
        assert done.returncode == 0 or not check, done.stderr
        return done

    def download(self, query: str, **env: str) -> dict[str, str]:
        """Run `go mod download -json`, which must succeed; return what it says."""
        found: dict[str, str] = json.loads(self("mod", "download", "-json", query, **env).stdout)
        assert "Error" not in found, found["Error"]
        return found

    def netrc(self, machine: str, known: Credential | model.Credential) -> None:
        """Write the one entry of the client's netrc."""
        netrc = self.home / ".netrc"
        netrc.write_text(f"machine {machine} login {known.user} password {known.secret}\n")
        netrc.chmod(0o600)

    def elsewhere(self) -> Client:
        """Return the same client with a new home: empty caches, no credentials."""
        home = self.home / "elsewhere"
        home.mkdir()
        return replace(self, home=home)

    def _run(self, command: list[str], env: Mapping[str, str]) -> CompletedProcess[str]:
        clean = {
            "PATH": os.pathsep.join([str(self.goroot / "bin"), os.environ["PATH"]]),
            "HOME": str(self.home),
            "GOPATH": str(self.home / "go"),
            "GOFLAGS": "-modcacherw",
            "GOTOOLCHAIN": "local",
            "GOENV": "off",
            "GIT_TERMINAL_PROMPT": "0",
        }
        whole = {**clean, **self.env, **env}
        if command[0] == "go" and whole.get("GOPROXY") == "direct":
            needed("git")  # go calls it
        return subprocess.run(
            command, cwd=self.project, env=whole, capture_output=True, text=True, timeout=100
        )
