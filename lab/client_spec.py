"""What a scenario says about its Go client."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from faults.nearest import nearest
from lab.schema import OneWord, Part, Text, no_nul

EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]

_MAX_PATH = 1000
LAB_OWNS = frozenset({"HOME", "TMPDIR", "PATH", "GOROOT"})
OF_THE_CLIENT = frozenset({"GOPATH", "GOMODCACHE", "GOCACHE", "GOENV", "NETRC"})
"""Variables that name files: `off`, nothing, or what is below the home that each arm has anew."""

EDGE_ITSELF = "edge"
"""What a scenario calls the resolver of its lab, whose address depends on the backend."""

RESOLVER_OPTIONS = {
    **dict.fromkeys(("ndots", "timeout", "attempts"), True),
    **dict.fromkeys(
        ("debug", "edns0", "inet6", "no-aaaa", "no-check-names", "no-ip6-dotint"), False
    ),
    **dict.fromkeys(("no-reload", "no-tld-query", "rotate", "single-request"), False),
    **dict.fromkeys(("single-request-reopen", "trust-ad", "use-vc"), False),
}
"""The options of resolv.conf(5), and whether they take a number."""


class File(Part):
    """A file that is more than text: a program, or bytes."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["text"]}, {"required": ["base64"]}]}
    )

    text: str = ""
    base64: str = ""
    """Its bytes, where they are not UTF-8."""
    executable: bool = False
    """Whether it has its run bit, as a program."""

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if len({"text", "base64"} & self.model_fields_set) != 1:
            raise ValueError("a file has either `text` or `base64`")
        return self

    @field_validator("base64")
    @classmethod
    def _is_base64(cls, value: str) -> str:
        try:
            base64.b64decode("".join(value.split()), validate=True)
        except binascii.Error as error:
            raise ValueError(f"not base64: {error}") from None
        return value

    @property
    def content(self) -> bytes:
        """What is in it."""
        return self.text.encode() if self.text else base64.b64decode(self.base64)


Files = dict[Text, str | File | None]


def _option(text: str) -> str:
    for option in text.split():
        name, _, value = option.partition(":")
        numeric = RESOLVER_OPTIONS.get(name)
        if numeric is None:
            near = nearest(name, RESOLVER_OPTIONS)
            raise ValueError(f"{option!r} is no option of resolv.conf{near}")
        if numeric and not re.fullmatch("[0-9]+", value):
            raise ValueError(f"{option!r} needs a number, such as {name}:1")
        if not numeric and ":" in option:
            raise ValueError(f"{option!r} has a number, and {name} takes none")
    return " ".join(text.split())


Options = Annotated[Text, AfterValidator(_option)]


def _nameserver(text: str) -> str:
    if text != EDGE_ITSELF:
        try:
            ipaddress.IPv4Address(text)
        except ValueError:
            raise ValueError(
                f"{text!r} is no resolver; write {EDGE_ITSELF} or an address"
            ) from None
    return text


class Resolvers(Part):
    """What /etc/resolv.conf says."""

    nameservers: Annotated[
        list[Annotated[Text, AfterValidator(_nameserver)]], Field(min_length=1, max_length=3)
    ]
    """Whom to ask, in this order: `edge`, or an IPv4 address, such as 198.18.255.1 of one that is
    dead (nothing answers there, in any lab)."""
    options: Options | None = None
    """Such as `timeout:1 attempts:1`."""


class ClientSpec(Part):
    """The Go client of a scenario: its settings, its credentials, its files.

    `null` takes a variable, a login, the resolver's options or a file away.
    """

    env: dict[EnvironmentName, str | None] = {}
    """Environment variables, on top of the lab's own."""
    netrc: dict[OneWord, Text | None] = {}
    """Host -> name of a credential of the world (valid, expired, revoked, other-team)."""
    resolver: Options | Resolvers | None = None
    """Options of /etc/resolv.conf, such as `timeout:1 attempts:1`; or its nameservers, too."""
    project: Files = {}
    """Files of the client's project; a go.mod without requirements is there by default."""
    files: Files = {}
    """Files below the client's home, such as `.gitconfig`; what is in `bin` is on its PATH."""

    @field_validator("env")
    @classmethod
    def _not_the_labs(cls, env: dict[str, str | None]) -> dict[str, str | None]:
        for name, value in env.items():
            if name in LAB_OWNS:
                raise ValueError(f"{name} belongs to the lab: each arm has a fresh one of its own")
            if value is None:
                continue
            no_nul(value)
            inside = value in ("", "off") or (value.startswith("~/") and _is_inside(value[2:]))
            if name in OF_THE_CLIENT and not inside:
                raise ValueError(f"{name} is `off`, empty, or begins with ~/, the client's home")
        return env

    @field_validator("project", "files")
    @classmethod
    def _inside(
        cls, files: dict[str, str | File | None], info: ValidationInfo
    ) -> dict[str, str | File | None]:
        place = "project" if info.field_name == "project" else "client's home"
        for name in files:
            if not _is_inside(no_nul(name)):
                raise ValueError(f"{name!r} is not a path inside the {place}")
            parts = name.split("/")
            if len(name.encode()) > _MAX_PATH or max(len(part.encode()) for part in parts) > 255:
                raise ValueError(f"{name!r} is too long for the name of a file")
            above = ("/".join(parts[:end]) for end in range(1, len(parts)))
            if taken := next((folder for folder in above if folder in files), ""):
                raise ValueError(f"{taken!r} is a file, and cannot be a folder, too")
        return files

    @property
    def nameservers(self) -> list[str]:
        """The resolvers, in their order; `edge` is that of the lab."""
        said = self.resolver
        return said.nameservers if isinstance(said, Resolvers) else [EDGE_ITSELF]

    @property
    def resolver_options(self) -> str:
        """The options of /etc/resolv.conf, '' if there are none."""
        said = self.resolver
        return (said.options if isinstance(said, Resolvers) else said) or ""

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that are set."""
        return {name: value for name, value in self.env.items() if value is not None}

    @property
    def logins(self) -> dict[str, str]:
        """Host -> name of the credential, for those hosts that have one."""
        return {host: name for host, name in self.netrc.items() if name is not None}

    def overlaid(self, other: ClientSpec) -> ClientSpec:
        """Return this client with the settings of `other` on top."""
        said = other.resolver if "resolver" in other.model_fields_set else self.resolver
        return ClientSpec.model_construct(
            env={**self.env, **other.env},
            netrc={**self.netrc, **other.netrc},
            resolver=said,
            project={**self.project, **other.project},
            files={**self.files, **other.files},
        )


def _is_inside(path: str) -> bool:
    return {"", ".", ".."}.isdisjoint(path.split("/"))
