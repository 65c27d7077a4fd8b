"""What a scenario file may say. The JSON Schema for editors is made from these classes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from faults.rules import MAX_RULES, Rule
from lab.client_spec import ClientSpec
from lab.command import words
from lab.expectations import Expected, Limit
from lab.schema import Name, Part, Text, no_nul
from lab.sources import Citation
from lab.world.model import World

Family = Literal[
    "auth", "versions", "fallback", "transport", "configuration", "checksums", "cache", "field"
]

Recorded = Literal["detected", "miss", "false-alarm"]


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
    broken: Expected
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
    detect: list[Name] = []
    """Quiet in healthy, alarm in broken, quiet in repaired."""
    miss: list[Name] = []
    """Quiet in the broken arm."""
    false_alarm: list[Name] = []
    """An alarm in the healthy arm, or still one in the repaired arm."""
    limit: Annotated[float, Field(gt=0, le=120)] = 5.0
    """Seconds that a diagnostic may take."""

    @property
    def outcomes(self) -> dict[str, Recorded]:
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
    """The rules of the broken arm. Each must fire there, or the run proves nothing; one that is
    `always` there holds in all arms, and one that `fires: never` must not fire."""
    break_: Change = Change()
    """What else is different in the broken arm."""
    replay: Replay
    silent: bool
    """Whether the broken arm exits as the healthy one does, and something else differs: what came
    of it, or who was asked."""
    repair: Repair
    diagnostics: Record
    variants: Annotated[dict[Name, Variant], Field(max_length=50)] = {}
    lesson: Text
    hints: list[Text] = []
    """For a workshop: from vague to plain."""

    @model_validator(mode="after")
    def _something_breaks(self) -> Self:
        breaks = any(not fault.always for fault in self.faults) or self.break_ != Change()
        if not breaks and not self.variants:
            raise ValueError("nothing breaks: there are neither `faults` nor a `break`")
        return self
