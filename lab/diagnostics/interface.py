"""What a diagnostic is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from lab.client import Client
from lab.gosettings import host_of

State = Literal["quiet", "alarm", "unavailable", "error"]


@dataclass(frozen=True)
class Target:
    """What a diagnostic is pointed at.

    `version` is the newest version that the origin has of `module`, `required` the one that the
    project's go.mod asks for ('' if none), `proxy` the base URL of the proxy, without a slash.
    """

    module: str
    version: str
    required: str
    proxy: str

    @property
    def host(self) -> str:
        """The host of the proxy."""
        return host_of(self.proxy)


@dataclass(frozen=True)
class Finding:
    """What a diagnostic says, with the reason in one line."""

    state: State
    said: str


class Diagnostic(Protocol):
    """A check that can be run as a client."""

    @property
    def id(self) -> str:
        """Its name in scenario files."""

    @property
    def origin(self) -> Literal["documented", "mended", "golab", "tool"]:
        """Who offers it."""

    def shown(self, target: Target) -> str:
        """Return what a person would type, or what it compares."""

    def check(self, client: Client, target: Target, limit: float) -> Finding:
        """Look, and say what was found, within `limit` seconds per step."""


def quiet(said: str) -> Finding:
    """Nothing to complain of."""
    return Finding("quiet", said)


def alarm(said: str) -> Finding:
    """Something is wrong."""
    return Finding("alarm", said)


def unavailable(said: str) -> Finding:
    """It cannot be carried out here."""
    return Finding("unavailable", said)
