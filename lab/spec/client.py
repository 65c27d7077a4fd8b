"""What a scenario says about its Go client."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    IPvAnyAddress,
    ValidationInfo,
    field_validator,
    model_validator,
)

from faults.nearest import nearest
from lab.spec.schema import OneWord, Part, Text, no_nul

EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]

_MAX_PATH = 1000
LAB_OWNS = frozenset({"HOME", "TMPDIR", "PATH", "GOROOT"})
OF_THE_CLIENT = frozenset({"GOPATH", "GOMODCACHE", "GOCACHE", "GOENV", "NETRC"})
"""Variables that name files: `off`, nothing, or what is below the home that each arm has anew."""

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


class ClientSpec(Part):
    """The Go client of a scenario: its settings, its credentials, its files.

    `null` takes a variable, a login, the resolvers, their options or a file away.
    """

    env: dict[EnvironmentName, str | None] = {}
    """Environment variables, on top of the lab's own."""
    netrc: dict[OneWord, Text | None] = {}
    """Host -> name of a credential of the world (valid, expired, revoked, other-team)."""
    resolver: Text | None = None
    """Options of /etc/resolv.conf, such as `timeout:1 attempts:1`."""
    resolvers: Annotated[list[IPvAnyAddress | Literal["lab"]], Field(min_length=1)] | None = None
    """Who is asked for names, in this order: `lab` is the lab's own, by default the only one."""
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
    def variables(self) -> dict[str, str]:
        """The environment variables that are set."""
        return {name: value for name, value in self.env.items() if value is not None}

    @property
    def logins(self) -> dict[str, str]:
        """Host -> name of the credential, for those hosts that have one."""
        return {host: name for host, name in self.netrc.items() if name is not None}

    def overlaid(self, other: ClientSpec) -> ClientSpec:
        """Return this client with the settings of `other` on top."""
        resolving = {
            name: getattr(other if name in other.model_fields_set else self, name)
            for name in ("resolver", "resolvers")
        }
        return ClientSpec.model_construct(
            **resolving,
            env={**self.env, **other.env},
            netrc={**self.netrc, **other.netrc},
            project={**self.project, **other.project},
            files={**self.files, **other.files},
        )


def _is_inside(path: str) -> bool:
    return {"", ".", ".."}.isdisjoint(path.split("/"))
