"""What a scenario file may say. The JSON Schema for editors is made from these classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, field_validator, model_validator
from pydantic.config import JsonDict

from faults.rules import MAX_RULES, Rule
from faults.validation import PlacedError
from lab.client_spec import ClientSpec
from lab.command import words
from lab.diagnostics.catalogue import diagnostics
from lab.expectations import Expected, Limit
from lab.schema import Name, OneOf, Part, Text, no_nul
from lab.sources import Citation
from lab.world.model import World

Family = Literal[
    "auth",
    "versions",
    "fallback",
    "transport",
    "configuration",
    "checksums",
    "cache",
    "field",
    "controls",
]

Recorded = Literal["detected", "miss", "false-alarm", "right"]
DiagnosticName = Annotated[Name, OneOf(diagnostics)]


def _command(text: str) -> str:
    words(no_nul(text))
    return text


CommandLine = Annotated[Text, AfterValidator(_command)]
Commands = CommandLine | Annotated[list[CommandLine], Field(min_length=1)]


class Step(Expected):
    """A command that says what it must do, other than to exit with 0."""

    run: CommandLine


class ReplayStep(Step):
    """A command of the replay; an arm's own expectation is laid over what holds in all of them."""

    healthy: Expected | None = None
    broken: Expected | None = None
    repaired: Expected | None = None
    """By default the same as healthy."""

    def expected(self, arm: str) -> Expected:
        """Return what it must do in an arm."""
        own: Expected | None = getattr(self, arm)
        return self.laid_under(own or (self.healthy if arm == "repaired" else None))


Steps = CommandLine | Annotated[list[CommandLine | Step], Field(min_length=1)]
ReplaySteps = CommandLine | Annotated[list[CommandLine | ReplayStep], Field(min_length=1)]


class Fault(Rule):
    """A rule of a scenario, and what is expected of the rule itself."""

    always: bool = Field(False, description="It holds in every arm: a circumstance, not the fault.")
    fires: Literal["must", "may", "never"] = Field(
        "must", description="Whether it must act in the broken arm, may, or must not act anywhere."
    )


Rules = Annotated[list[Fault], Field(max_length=MAX_RULES)]


class Change(Part):
    """What an arm changes, compared with the healthy one."""

    client: ClientSpec = ClientSpec()
    """Settings and files of the client, laid over those of the scenario."""
    run: Steps | None = None
    """What the client does then, before the replay; each must succeed, or do what it says."""

    @property
    def steps(self) -> list[Step]:
        """The commands in their order."""
        said = [self.run] if isinstance(self.run, str) else self.run or []
        return [Step(run=one) if isinstance(one, str) else one for one in said]


class Repair(Change):
    """The documented remedy, which the repaired arm applies."""

    how: Text
    """The remedy in one sentence."""
    faults: Literal["keep", "remove"] = "keep"
    """Whether the remedy works round the faults, or removes them."""


class Replay(Part):
    """The commands to repeat in each arm; the last one is judged."""

    before: Commands | None = None
    """What the client did while all was well, such as filling its cache; the same in each arm."""
    run: ReplaySteps
    """A command, or several; words as in a shell. What is not the last must exit with 0."""
    limit: Limit = 20.0
    """Seconds after which the lab ends a command that has no limit of its own."""
    healthy: Expected
    broken: Expected = Expected.model_construct()
    """Not of a control."""
    repaired: Expected | None = None
    """By default the same as healthy."""

    @property
    def steps(self) -> list[ReplayStep]:
        """The commands in their order."""
        said = [self.run] if isinstance(self.run, str) else self.run
        return [ReplayStep(run=one) if isinstance(one, str) else one for one in said]

    @property
    def commands(self) -> list[str]:
        """The same as text."""
        return [step.run for step in self.steps]

    def expected(self, arm: str) -> Expected:
        """Return what the last command must do in an arm."""
        found: Expected | None = getattr(self, arm)
        return found or self.healthy

    def last_limit(self, arm: str) -> float:
        """Return the seconds after which the lab ends the last command in an arm."""
        return self.expected(arm).limit or self.steps[-1].limit or self.limit

    @field_validator("run")
    @classmethod
    def _last_is_judged(cls, value: ReplaySteps) -> ReplaySteps:
        last = value[-1] if isinstance(value, list) else value
        if isinstance(last, ReplayStep) and last.model_fields_set - {"run", "limit"}:
            raise ValueError(
                "what the last command must do stands beside `run`, in `healthy` and `broken`"
            )
        return value


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
    detect: list[DiagnosticName] = []
    """Quiet in healthy, alarm in broken, quiet in repaired."""
    miss: list[DiagnosticName] = []
    """Quiet in the broken arm."""
    false_alarm: list[DiagnosticName] = []
    """An alarm in the healthy arm, or still one in the repaired arm."""
    right: list[DiagnosticName] = []
    """Quiet in a control."""
    limit: Annotated[float, Field(gt=0, le=120)] = 5.0
    """Seconds that a diagnostic may take."""

    @property
    def outcomes(self) -> dict[str, Recorded]:
        """Diagnostic -> recorded outcome."""
        return {
            **dict.fromkeys(self.detect, "detected"),
            **dict.fromkeys(self.miss, "miss"),
            **dict.fromkeys(self.false_alarm, "false-alarm"),
            **dict.fromkeys(self.right, "right"),
        }

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        seen: set[str] = set()
        for name in (*self.detect, *self.miss, *self.false_alarm, *self.right):
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
    slow: bool | None = None
    repair: Repair | None = None
    diagnostics: Record | None = None


_ONLY_OF_FAILURES = ("silent", "repair", "break")
_BY_KIND: JsonDict = {
    "if": {"properties": {"kind": {"const": "control"}}, "required": ["kind"]},
    "then": {
        "properties": {
            **dict.fromkeys(_ONLY_OF_FAILURES, False),
            "replay": {"properties": {"broken": False, "repaired": False}},
            "diagnostics": {"properties": {"detect": False, "miss": False}},
        }
    },
    "else": {
        "required": ["sources", "silent", "repair"],
        "properties": {
            "replay": {"required": ["broken"]},
            "diagnostics": {"properties": {"right": False}},
        },
    },
}


class Scenario(Part):
    """One documented failure: a world, a client, faults, a replay, what must be seen.

    A control is a set-up that is unusual and healthy. It has one arm, in which its faults hold.
    """

    model_config = ConfigDict(json_schema_extra=_BY_KIND)

    id: Name
    title: Text
    family: Family
    kind: Literal["failure", "myth", "control"] = "failure"
    """A `myth` is documented as silent, and real Go refutes it; a `control` is healthy."""
    sources: Annotated[list[Citation], Field(min_length=1)] = []
    story: Text
    """What happened, to whom, in about four lines."""
    world: World = World()
    """What this scenario needs beyond the base world."""
    client: ClientSpec = ClientSpec()
    faults: Rules = []
    """The rules of the broken arm. Each must fire there, or the run proves nothing; one that is
    `always` there holds in all arms, and one that `fires: never` must not fire."""
    break_: Change = Change()
    """What else is different in the broken arm."""
    replay: Replay
    silent: bool = False
    """Whether the broken arm exits as the healthy one does, and something else differs: what came
    of it, or who was asked."""
    slow: bool = False
    """Whether a replay takes more than ten seconds, nearly all of which it waits."""
    repair: Repair = Repair.model_construct(how="")
    diagnostics: Record
    variants: Annotated[dict[Name, Variant], Field(max_length=50)] = {}
    lesson: Text
    hints: list[Text] = []
    """For a workshop: from vague to plain."""

    @property
    def is_control(self) -> bool:
        """Whether it has one arm only, a healthy one."""
        return self.kind == "control"

    @property
    def circumstances(self) -> Sequence[Fault]:
        """The rules that hold in every arm."""
        return [fault for fault in self.faults if fault.always or self.is_control]

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        parts: dict[str, Part] = {"": self, "replay": self.replay, "diagnostics": self.diagnostics}
        foreign, needed = (_OF_FAILURES, ()) if self.is_control else (_OF_CONTROLS, _NEEDED)
        for part, key in foreign:
            if key in _said(parts[part]):
                kind = "a control is healthy" if self.is_control else "this is no control"
                raise PlacedError(f"{kind}: drop `{key}`", *filter(None, (part, key)))
        for part, key in needed:
            if key not in _said(parts[part]):
                raise PlacedError(f"the key {key!r} is missing", *filter(None, (part,)))
        breaks = len(self.faults) > len(self.circumstances) or self.break_ != Change()
        if not self.is_control and not breaks and not self.variants:
            raise ValueError("nothing breaks: there are neither `faults` nor a `break`")
        return self


_OF_FAILURES = (
    *(("", key) for key in _ONLY_OF_FAILURES),
    *(("replay", "broken"), ("replay", "repaired"), ("diagnostics", "detect")),
    ("diagnostics", "miss"),
)
_OF_CONTROLS = (("diagnostics", "right"),)
_NEEDED = (("", "sources"), ("", "silent"), ("", "repair"), ("replay", "broken"))


def _said(part: Part) -> set[str]:
    """Return the keys that are written in a part of the file."""
    return {name.rstrip("_") for name in part.model_fields_set}
