"""The machine one sits at, and whether anybody could be reached from it."""

from __future__ import annotations

from pathlib import Path

from lab.diagnostics.own import OwnMachine
from lab.gosettings import host_of
from lab.sandbox.interface import Answer, Request

_NOBODY = ("dns", "connect")
"""Stages of a request at which nobody has answered yet."""


class WatchedMachine(OwnMachine):
    """Keeps who answered and who did not.

    Args:
        project: the directory of the project.
        env: the environment, by default that of this process.
    """

    def __init__(self, project: Path | str, env: dict[str, str] | None = None) -> None:
        super().__init__(project, env)
        self.reached: set[str] = set()
        self.failed: dict[str, str] = {}

    def request(self, request: Request) -> Answer:
        """Make one HTTP request."""
        answer = super().request(request)
        host = host_of(request.via or request.url)
        if answer.error and answer.stage in _NOBODY:
            self.failed[host] = answer.error
        else:
            self.reached.add(host)
        return answer

    @property
    def offline(self) -> bool:
        """Whether somebody was asked and nobody could be reached."""
        return bool(self.failed) and not self.reached
