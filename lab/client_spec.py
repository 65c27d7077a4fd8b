"""What a scenario says about its Go client."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, field_validator

from faults.nearest import nearest
from lab.schema import OneWord, Part, Text, no_nul

EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]

_MAX_PATH = 1000
LAB_OWNS = frozenset(
    {"HOME", "GOPATH", "GOMODCACHE", "GOCACHE", "GOENV", "TMPDIR", "PATH", "GOROOT", "NETRC"}
)

RESOLVER_OPTIONS = {
    **dict.fromkeys(("ndots", "timeout", "attempts"), True),
    **dict.fromkeys(
        ("debug", "edns0", "inet6", "no-aaaa", "no-check-names", "no-ip6-dotint"), False
    ),
    **dict.fromkeys(("no-reload", "no-tld-query", "rotate", "single-request"), False),
    **dict.fromkeys(("single-request-reopen", "trust-ad", "use-vc"), False),
}
"""The options of resolv.conf(5), and whether they take a number."""


class ClientSpec(Part):
    """The Go client of a scenario: its settings, its credentials, its project."""

    env: dict[EnvironmentName, str] = {}
    """Environment variables, on top of the lab's own."""
    netrc: dict[OneWord, Text] = {}
    """Host -> name of a credential of the world (valid, expired, revoked, other-team)."""
    resolver: Text | None = None
    """Options of /etc/resolv.conf, such as `timeout:1 attempts:1`."""
    project: dict[Text, str] = {}
    """Files of the client's project; a go.mod without requirements is there by default."""

    @field_validator("env")
    @classmethod
    def _not_the_labs(cls, env: dict[str, str]) -> dict[str, str]:
        for name, value in env.items():
            no_nul(value)
            if name in LAB_OWNS:
                raise ValueError(f"{name} belongs to the lab: each arm has a fresh one of its own")
        return env

    @field_validator("resolver")
    @classmethod
    def _options(cls, text: str | None) -> str | None:
        for option in (text or "").split():
            name, _, value = option.partition(":")
            numeric = RESOLVER_OPTIONS.get(name)
            if numeric is None:
                near = nearest(name, RESOLVER_OPTIONS)
                raise ValueError(f"{option!r} is no option of resolv.conf{near}")
            if numeric and not re.fullmatch("[0-9]+", value):
                raise ValueError(f"{option!r} needs a number, such as {name}:1")
            if not numeric and ":" in option:
                raise ValueError(f"{option!r} has a number, and {name} takes none")
        return " ".join(text.split()) if text else text

    @field_validator("project")
    @classmethod
    def _inside_the_project(cls, files: dict[str, str]) -> dict[str, str]:
        for name in files:
            parts = no_nul(name).split("/")
            if not {"", ".", ".."}.isdisjoint(parts):
                raise ValueError(f"{name!r} is not a path inside the project")
            if len(name.encode()) > _MAX_PATH or max(len(part.encode()) for part in parts) > 255:
                raise ValueError(f"{name!r} is too long for the name of a file")
            above = ("/".join(parts[:end]) for end in range(1, len(parts)))
            if taken := next((folder for folder in above if folder in files), ""):
                raise ValueError(f"{taken!r} is a file, and cannot be a folder, too")
        return files

    def overlaid(self, other: ClientSpec) -> ClientSpec:
        """Return this client with the settings of `other` on top."""
        return ClientSpec(
            env={**self.env, **other.env},
            netrc={**self.netrc, **other.netrc},
            resolver=other.resolver or self.resolver,
            project={**self.project, **other.project},
        )
