"""What the client of a scenario does: in the replay, by the break, as the remedy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from lab.scenario.origin import OriginChange
from lab.spec.client import ClientSpec
from lab.spec.command import words
from lab.spec.expectations import Expected, Limit
from lab.spec.schema import Part, Text, no_nul


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


class Change(Part):
    """What an arm changes, compared with the healthy one."""

    client: ClientSpec = ClientSpec()
    """Settings and files of the client, laid over those of the scenario."""
    origin: OriginChange = OriginChange()
    """How the origin stands from then on, such as `absent: [PATH@VERSION]`: withdrawn."""
    run: Steps | None = None
    """What the client does then, before the replay; each must succeed, or do what it says."""

    @property
    def steps(self) -> list[Step]:
        """The commands in their order."""
        said = [self.run] if isinstance(self.run, str) else self.run or []
        return [Step.model_construct(run=one) if isinstance(one, str) else one for one in said]


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
    limit: Limit = 60.0
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
        return [
            ReplayStep.model_construct(run=one) if isinstance(one, str) else one for one in said
        ]

    @property
    def commands(self) -> list[str]:
        """The same as text."""
        return [step.run for step in self.steps]

    def expected(self, arm: str) -> Expected:
        """Return what the last command must do in an arm."""
        found: Expected | None = getattr(self, arm)
        return found or self.healthy

    @property
    def differs(self) -> bool:
        """Whether any command is to do something else in the broken arm than in the healthy one."""
        if self.expected("broken") != self.expected("healthy"):
            return True
        return any(step.expected("broken") != step.expected("healthy") for step in self.steps)

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


class ReplayChange(Part):
    """The keys of `replay` that differ in a variant, or with some Go versions."""

    before: Commands | None = None
    run: ReplaySteps | None = None
    limit: Limit | None = None
    healthy: Expected | None = None
    broken: Expected | None = None
    repaired: Expected | None = None
