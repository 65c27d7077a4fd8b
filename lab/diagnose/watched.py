"""The machine one sits at: who could be reached from it, and who is not to be asked."""

from __future__ import annotations

from pathlib import Path

from lab.diagnose.discretion import REFUSED, Discretion
from lab.diagnostics.own import OwnMachine
from lab.go.settings import host_of
from lab.sandbox.interface import Answer, Request

_NOBODY = ("dns", "connect")
"""Stages of a request at which nobody has answered yet."""


class WatchedMachine(OwnMachine):
    """Keeps who answered and who did not; asks only what its `discretion` allows.

    Args:
        project: the directory of the project.
        env: the environment, by default that of this process.
    """

    def __init__(self, project: Path | str, env: dict[str, str] | None = None) -> None:
        super().__init__(project, env)
        self.reached: set[str] = set()
        self.failed: dict[str, str] = {}
        self.discretion: Discretion | None = None

    def request(self, request: Request) -> Answer:
        """Make one HTTP request."""
        if self.discretion and not self.discretion.allows(request.url):
            return Answer("refused", error=REFUSED)
        answer = super().request(request)
        if self.discretion:
            self.discretion.learn(request.url, answer)
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
