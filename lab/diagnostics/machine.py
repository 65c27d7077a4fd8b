"""What a probe sees: a machine with a project, an environment and a network.

There are two: the client of a lab (`lab.diagnostics.inlab`) and the machine one sits at
(`lab.diagnostics.own`). The same probes run on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from lab.sandbox.interface import Answer, Completed, Files, Handshake, Listed, Request


class Machine(Protocol):
    """A machine with a project on it. Nothing here writes into the project or into a cache."""

    @property
    def env(self) -> Mapping[str, str]:
        """The environment in which its programs run."""

    @property
    def project(self) -> str:
        """The directory of the project."""

    def run(
        self,
        argv: Sequence[str],
        *,
        limit: float,
        env: Mapping[str, str] | None = None,
        cwd: str = "",
    ) -> Completed:
        """Run a program, by default in the project.

        Args:
            argv: the program, looked up on the PATH, and its arguments.
            limit: seconds after which it is ended with all it has started.
            env: what is laid over the environment.
            cwd: where else it runs.
        """

    def has(self, program: str) -> bool:
        """Tell whether a program is on the PATH."""

    def request(self, request: Request) -> Answer:
        """Make one HTTP request as it stands. Redirects are not followed."""

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        """Ask each resolver for `name`: resolver -> addresses, or in words what went wrong."""

    def handshake(self, address: str, server_name: str, limit: float, port: int = 443) -> Handshake:
        """Try a TLS handshake with an address under this server name."""

    def read(self, paths: Sequence[str]) -> Files:
        """Return the contents of those ordinary files that are there, at most 4 MiB of each."""

    def listing(self, folder: str) -> list[Listed]:
        """Return what is in a directory, sorted, at most 10,000 names; nothing if it is none."""

    def scratch(self) -> AbstractContextManager[str]:
        """Make an empty directory, which is removed with all that is in it afterwards."""
