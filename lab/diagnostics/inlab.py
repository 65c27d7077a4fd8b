"""The client of a lab, as a machine for probes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from lab.client import TEMPORARY, Client
from lab.sandbox.interface import Answer, Completed, Files, Handshake, Listed, Request

_NUMBERS = itertools.count(1)


class LabMachine:
    """See `lab.diagnostics.machine.Machine`."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @property
    def env(self) -> Mapping[str, str]:
        """The environment of its programs."""
        return self.client.env

    @property
    def project(self) -> str:
        """Where the project is."""
        return self.client.project

    def run(
        self,
        argv: Sequence[str],
        *,
        limit: float,
        env: Mapping[str, str] | None = None,
        cwd: str = "",
    ) -> Completed:
        """Run a program."""
        client = replace(self.client, project=cwd) if cwd else self.client
        return client.run(list(argv), limit=limit, **(env or {}))

    def has(self, program: str) -> bool:
        """Tell whether a program is on the PATH."""
        return self.client.has(program)

    def request(self, request: Request) -> Answer:
        """Make one HTTP request."""
        return self.client.request(request)

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        """Ask each resolver for a name."""
        return self.client.resolve(name, limit)

    def handshake(self, address: str, server_name: str, limit: float, port: int = 443) -> Handshake:
        """Try a TLS handshake."""
        return self.client.handshake(address, server_name, limit, port)

    def read(self, paths: Sequence[str]) -> Files:
        """Return the contents of files."""
        return self.client.lab.read(paths)

    def listing(self, folder: str) -> list[Listed]:
        """Return what is in a directory."""
        return self.client.lab.listing(folder)

    @contextmanager
    def scratch(self) -> Iterator[str]:
        """Make a directory that is removed afterwards."""
        place = f"{TEMPORARY}/probe-{next(_NUMBERS)}"
        self.client.lab.write({f"{place}/.keep": ""})
        try:
            yield place
        finally:
            self.client.lab.remove(place)
