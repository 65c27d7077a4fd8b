"""What a diagnostic is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lab.client import Client
from lab.go.settings import host_of
from lab.results.model import Origin, State


@dataclass(frozen=True)
class Target:
    """What a documented command is pointed at; its texts have places for all of it.

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
class Subject:
    """What a probe is pointed at: a module, and the version the project requires, '' if none."""

    module: str
    required: str = ""


@dataclass(frozen=True)
class Finding:
    """What a diagnostic says, with the reason in one line.

    `evidence` is what was seen, a line each; `see`, a command with which to see it oneself.
    """

    state: State
    said: str
    evidence: tuple[str, ...] = ()
    see: str = ""


class Diagnostic(Protocol):
    """A check that can be run as a client."""

    @property
    def id(self) -> str:
        """Its name in scenario files."""

    @property
    def origin(self) -> Origin:
        """Who offers it."""

    def shown(self, target: Target) -> str:
        """Return what a person would type, or what it compares."""

    def check(self, client: Client, target: Target, limit: float) -> Finding:
        """Look, and say what was found, within `limit` seconds per step."""


def quiet(said: str) -> Finding:
    """Nothing to complain of."""
    return Finding("quiet", said)


def alarm(said: str, *evidence: str, see: str = "") -> Finding:
    """Something is wrong."""
    return Finding("alarm", said, evidence, see)


def judged(wrong: Sequence[str], fine: str, see: str = "") -> Finding:
    """Return an alarm with all that is wrong, or quiet with what is fine."""
    return alarm("; ".join(wrong), *wrong, see=see) if wrong else quiet(fine)


def no_question(said: str) -> Finding:
    """What it asks does not arise here, or another probe is to say why it cannot be asked."""
    return Finding("quiet", said)


def unavailable(said: str) -> Finding:
    """It cannot be carried out here."""
    return Finding("unavailable", said)
