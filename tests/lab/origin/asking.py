"""Asks an origin, in this process or in one of its own, as the tests want to."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lab.origin import server
from lab.origin.app import Origin
from lab.world.tree import Tree


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


@contextmanager
def running(tree: Tree, *options: str | Path) -> Iterator[int]:
    """Run `python -m lab.origin` on a free port of this machine; yield the port."""
    with server.listen() as sock:
        command: list[str | Path] = [sys.executable, "-m", "lab.origin", tree.path]
        command += ["--fd", str(sock.fileno())]
        process = subprocess.Popen(
            [*command, *options], pass_fds=[sock.fileno()], stdout=subprocess.DEVNULL
        )
        try:
            yield sock.getsockname()[1]
        finally:
            process.terminate()
            assert process.wait(10) == 0


def go(
    goroot: Path, home: Path, directory: Path, *argv: str, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run a go command with a home, caches and environment of its own."""
    path = os.pathsep.join([str(goroot / "bin"), os.environ["PATH"]])
    clean = {
        "PATH": path,
        "HOME": str(home),
        "GOPATH": str(home / "go"),
        "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local",
        "GOENV": "off",
        "GIT_TERMINAL_PROMPT": "0",
    }
    return subprocess.run(
        ["go", *argv], cwd=directory, env={**clean, **env}, capture_output=True, text=True,
        timeout=100,
    )  # fmt: skip
