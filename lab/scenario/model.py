"""What a scenario file may say. The JSON Schema for editors is made from these classes."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from faults.rules import MAX_RULES, Rule
from faults.yamlsource import nearest
from lab.patterns import Checker
from lab.scenario.command import words
from lab.world.model import World

ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

Family = Literal[
    "auth", "versions", "fallback", "transport", "configuration", "checksums", "cache", "field"
]
Name = Annotated[str, Field(pattern=f"^{ID.pattern}$", max_length=60)]


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character, which no command, variable or name can")
    return text


def _command(text: str) -> str:
    words(_no_nul(text))
    return text


Text = Annotated[str, Field(min_length=1)]
OneWord = Annotated[Text, Field(pattern=r"^\S+$")]
CommandLine = Annotated[Text, AfterValidator(_command)]
Rules = Annotated[list[Rule], Field(max_length=MAX_RULES)]
EnvironmentName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Commands = CommandLine | Annotated[list[CommandLine], Field(min_length=1)]
OneOrMore = Text | Annotated[list[Text], Field(min_length=1)]

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


class Part(BaseModel):
    """A piece of a scenario file."""

    model_config = ConfigDict(
        defer_build=True,
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        alias_generator=lambda name: name.rstrip("_").replace("_", "-"),
        use_attribute_docstrings=True,
    )


class Citation(Part):
    """Where a failure is documented."""

    article: Name
    """An entry of scenarios/sources.yaml."""
    section: Text | None = None
    """The section of the article, or the number of the issue."""


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
            _no_nul(value)
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
            parts = _no_nul(name).split("/")
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


class Change(Part):
    """What an arm changes, compared with the healthy one."""

    client: ClientSpec = ClientSpec()
    """Settings of the client, laid over those of the scenario."""


class Repair(Change):
    """The documented remedy, which the repaired arm applies."""

    how: Text
    """The remedy in one sentence."""
    faults: Literal["keep", "remove"] = "keep"
    """Whether the remedy works round the faults, or removes them."""


class Expected(Part):
    """What the judged command must do in one arm.

    Texts are regular expressions, searched line by line; one that starts with `!` must not be
    found. Several may be given as a list.
    """

    exit: int | Literal["failure", "timeout"] = 0
    """The exit status; `failure`: any but 0; `timeout`: it never ends, the lab's limit ends it."""
    stdout: OneOrMore | None = None
    """What it prints."""
    stderr: OneOrMore | None = None
    """What it says on standard error."""
    go_mod: OneOrMore | None = Field(default=None, alias="go.mod")
    """What the project's go.mod holds afterwards."""

    @field_validator("stdout", "stderr", "go_mod")
    @classmethod
    def _are_patterns(
        cls, value: str | list[str] | None, info: ValidationInfo
    ) -> str | list[str] | None:
        checker = info.context if isinstance(info.context, Checker) else Checker()
        for pattern in as_list(value):
            checker.check(pattern.removeprefix("!"))
        return value


class Replay(Part):
    """The commands to repeat in each arm; the last one is judged."""

    before: Commands | None = None
    """What the client did while all was well, such as filling its cache; the same in each arm."""
    run: Commands
    """A command, or several; words as in a shell."""
    limit: Annotated[float, Field(gt=0, le=600)] = 20.0
    """Seconds after which the lab ends a command."""
    healthy: Expected
    broken: Expected
    repaired: Expected | None = None
    """By default the same as healthy."""

    @property
    def commands(self) -> list[str]:
        """The commands in their order."""
        return as_list(self.run)

    def expected(self, arm: str) -> Expected:
        """Return what an arm must do."""
        found: Expected | None = getattr(self, arm)
        return found or self.healthy


class Subject(Part):
    """What the diagnostics are pointed at."""

    module: Text
    """A module path of the world."""
    version: Text
    """The newest version that the origin has of it."""
    proxy: Text | None = None
    """The proxy a documented command names; by default the first URL of the client's GOPROXY."""


class Record(Part):
    """Which diagnostics detect the failure and which do not; checked strictly."""

    subject: Subject
    detect: list[Name] = []
    """Quiet in healthy, alarm in broken, quiet in repaired."""
    miss: list[Name] = []
    """Quiet in the broken arm."""
    false_alarm: list[Name] = []
    """An alarm in the healthy arm, or still one in the repaired arm."""
    limit: Annotated[float, Field(gt=0, le=120)] = 5.0
    """Seconds that a diagnostic may take."""

    @property
    def outcomes(self) -> dict[str, str]:
        """Diagnostic -> recorded outcome."""
        return {
            **dict.fromkeys(self.detect, "detected"),
            **dict.fromkeys(self.miss, "miss"),
            **dict.fromkeys(self.false_alarm, "false-alarm"),
        }

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        seen: set[str] = set()
        for name in (*self.detect, *self.miss, *self.false_alarm):
            if name in seen:
                raise ValueError(f"the diagnostic {name!r} is recorded more than once")
            seen.add(name)
        return self


class Variant(Part):
    """A variant of a scenario: whatever it says replaces what the scenario says."""

    title: Text | None = None
    client: ClientSpec | None = None
    faults: Rules | None = None
    break_: Change | None = None
    replay: dict[Literal["before", "run", "limit", "healthy", "broken", "repaired"], Any] | None = (
        None
    )
    """The keys of `replay` that differ."""
    silent: bool | None = None
    repair: Repair | None = None
    diagnostics: Record | None = None


class Scenario(Part):
    """One documented failure: a world, a client, faults, a replay, what must be seen."""

    id: Name
    title: Text
    family: Family
    kind: Literal["failure", "myth"] = "failure"
    """A `myth` is documented as silent, and real Go refutes it."""
    sources: Annotated[list[Citation], Field(min_length=1)]
    story: Text
    """What happened, to whom, in about four lines."""
    world: World = World()
    """What this scenario needs beyond the base world."""
    client: ClientSpec = ClientSpec()
    faults: Rules = []
    """The rules of the broken arm. Each must fire there, or the run proves nothing."""
    break_: Change = Change()
    """What else is different in the broken arm."""
    replay: Replay
    silent: bool
    """Whether the broken arm exits as the healthy one does, with another result."""
    repair: Repair
    diagnostics: Record
    variants: Annotated[dict[Name, Variant], Field(max_length=50)] = {}
    lesson: Text
    hints: list[Text] = []
    """For a workshop: from vague to plain."""

    @model_validator(mode="after")
    def _something_breaks(self) -> Self:
        if not self.faults and self.break_ == Change() and not self.variants:
            raise ValueError("nothing breaks: there are neither `faults` nor a `break`")
        return self


def as_list(value: str | list[str] | None) -> list[str]:
    """Return one-or-more as a list."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else value
