"""What a world consists of: modules, hosts, credentials and a checksum database, as data.

`World` is what stands under `world:` in a scenario file and in a world file of its own. Models
hold the form; whether the parts fit together (versions, requires, cycles) is `lab.world.check`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

MAX_ENTRIES = 2000
"""So many modules, or hosts, may a world have: many are compared with all others."""

Status = Literal["valid", "expired", "revoked"]
Access = Literal["challenge", "hide"]


def _rfc3339(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or not re.match(r"(19[7-9]|2[01]\d)\d-\d\d-\d\d(T|$)", text):
        raise ValueError(f"{text!r} is not a time like 2024-01-31T12:00:00Z, from 1970 on")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _utf8(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which no file can") from None
    return text


def _listed(value: Any) -> Any:
    """Read `[a, b]` as `{a: {}, b: {}}`, and a missing body as an empty one."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        twice = min((item for item, times in Counter(value).items() if times > 1), default=None)
        if twice is not None:
            raise ValueError(f"{twice!r} is listed twice; drop one")
        return {item: {} for item in value}
    if isinstance(value, Mapping):
        return {key: {} if item is None else item for key, item in value.items()}
    return value


def _reasons(value: Any) -> Any:
    """Read `[a, b]` as `{a: "", b: ""}`: versions without a reason."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return dict.fromkeys(value, "")
    if isinstance(value, Mapping):
        return {key: "" if item is None else item for key, item in value.items()}
    return value


Time = Annotated[str, AfterValidator(_rfc3339)]


class _OrList:
    """Tells editors of the short form that `_listed` and `_reasons` read, too."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        mapping = handler(schema)
        values = mapping.get("additionalProperties", {})
        mapping["additionalProperties"] = {"anyOf": [values, {"type": "null"}]}
        names = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
        return {"anyOf": [names, mapping]}


Text = Annotated[str, AfterValidator(_utf8)]
OneLine = Annotated[Text, Field(pattern=r"^[^\r\n]*$")]
GoVersion = Annotated[str, Field(pattern=r"^(1\.[0-9]+(\.[0-9]+|(rc|beta)[0-9]+)?)?$")]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


class Filler(_Data):
    """The content of a file that only needs a size."""

    size: int = Field(ge=0, description="bytes")


class Content(_Data):
    """What a module consists of at one version or commit."""

    time: Time | None = Field(None, description="when it was committed, RFC 3339")
    require: dict[str, str] = Field({}, description="path: version")
    retract: Annotated[dict[str, OneLine], BeforeValidator(_reasons), _OrList()] = Field(
        {}, description="a version or [low, high], and the reason"
    )
    deprecated: OneLine = Field("", description="the message after // Deprecated:")
    go: GoVersion = Field("", description="the go directive of go.mod")
    files: dict[str, Text | Filler] | None = Field(
        None, description="name: text; without it one package is made up"
    )
    go_mod: Text | Literal[False] | None = Field(
        None, alias="go.mod", description="go.mod word by word; false: the module has none"
    )
    mod: Text | None = Field(
        None, alias=".mod", description="what a proxy serves as .mod where that is not go.mod"
    )
    commit: str = Field(
        "", pattern=r"^([0-9a-f]{12,40})?$", description="a hash to be known by; proxies only"
    )


class Commit(Content):
    """A commit on a branch that no tag points at."""


class Module(_Data):
    """A module: its tagged versions, its branches, and who may have it."""

    versions: Annotated[dict[str, Content], BeforeValidator(_listed), _OrList()] = Field(
        {}, description="a list of versions, or version: content"
    )
    branches: dict[str, list[Commit]] = Field(
        {}, description="commits after the last tag, oldest first; pseudo-versions name them"
    )
    require: dict[str, str] = Field({}, description="of every version without its own")
    go: GoVersion = Field("", description="of every version without its own")
    private: bool = Field(False, description="only with credentials, and in no public place")
    owner: str = Field("corp", description="the team whose members may read it, if private")
    access: Access = Field(
        "challenge", description="hide: a stranger gets 404, as at the big forges, not 401 or 403"
    )
    repo: str = Field(
        "",
        pattern=r"^(https://[a-z0-9.-]+/[A-Za-z0-9._~/-]+)?$",
        description="the URL of its git repository, if not the usual one",
    )
    root: str = Field("", description="the path that the root of the repository stands for")
    vcs: bool = Field(True, description="false: no repository stands behind the proxies")
    proxy: bool = Field(True, description="false: only in VCS, no proxy has it")
    sumdb: bool | None = Field(
        None, description="whether the checksum database knows it (default: if not private)"
    )

    def contents(self) -> list[Content]:
        """Return what it consists of at each version and each commit."""
        return [*self.versions.values(), *(c for branch in self.branches.values() for c in branch)]


class Host(_Data):
    """What a name answers for besides the repositories of its modules."""

    proxy: str = Field("", pattern="^(/.*)?$", description="the path at which it is a proxy")
    private: bool = Field(False, description="whether its proxy has private modules, too")
    twins: bool = Field(False, description="whether its proxy has the twins of modules instead")
    sumdb: bool = Field(False, description="whether it is the checksum database itself")
    relay: bool = Field(True, description="whether its proxy relays /sumdb/")


def _login(text: str) -> str:
    if not text or not re.fullmatch(r"\S+", text):
        raise ValueError(f"{text!r} is not one word, and .netrc, as go reads it, has no quotes")
    return text


Login = Annotated[Text, AfterValidator(_login)]


class Credential(_Data):
    """A user and secret (password or bearer token) that hosts know by name."""

    user: Login
    secret: Login
    status: Status = "valid"
    teams: list[str] = ["corp"]


class Sumdb(_Data):
    """The checksum database."""

    name: str = Field("sum.golang.org", description="the name in its key and its signatures")
    size: int | None = Field(
        None, ge=0, description="how many records it starts with; the others come when looked up"
    )
    fork: list[str] = Field(
        [], description="path@version whose sums a second database, of the same key, gives wrong"
    )


class World(_Data):
    """What exists before anything breaks."""

    modules: dict[str, Module] = Field({}, max_length=MAX_ENTRIES)
    twins: dict[str, Module] = Field(
        {},
        max_length=MAX_ENTRIES,
        description="other modules under names that exist: a stranger's, or a changed one",
    )
    hosts: Annotated[dict[str, Host], BeforeValidator(_listed), _OrList()] = Field(
        {}, max_length=MAX_ENTRIES
    )
    credentials: dict[str, Credential] = Field({}, max_length=MAX_ENTRIES)
    sumdb: Sumdb = Sumdb()
    toolchains: list[str] = Field([], description="go versions under golang.org/toolchain")

    def merged(self, other: World) -> World:
        """Return this world with `other` laid over it; what `other` names is replaced whole."""
        return World.model_construct(  # of valid parts, and together they may be more
            modules={**self.modules, **other.modules},
            twins={**self.twins, **other.twins},
            hosts={**self.hosts, **other.hosts},
            credentials={**self.credentials, **other.credentials},
            sumdb=other.sumdb if "sumdb" in other.model_fields_set else self.sumdb,
            toolchains=list(dict.fromkeys([*self.toolchains, *other.toolchains])),
        )
