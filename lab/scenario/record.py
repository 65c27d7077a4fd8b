"""What a scenario records of the diagnostics."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lab.diagnostics.catalogue import diagnostics
from lab.spec.schema import Name, OneOf, Part, Text

Recorded = Literal["detected", "miss", "false-alarm", "right"]
DiagnosticName = Annotated[Name, OneOf("diagnostic", diagnostics)]
DiagnosticNames = Annotated[list[DiagnosticName], Field(max_length=1000)]
"""More than there ever are: each unknown one is compared with all that are known."""


class Subject(Part):
    """What the diagnostics are pointed at."""

    module: Text
    """A module path of the world."""
    version: Text
    """The newest version that the origin has of it."""
    proxy: Text | None = None
    """The proxy a documented command names; by default the first URL of the client's GOPROXY."""


class Outcomes(Part):
    """Which diagnostics detect the failure and which do not; checked strictly."""

    detect: DiagnosticNames = []
    """Quiet in healthy, alarm in broken, quiet in repaired."""
    miss: DiagnosticNames = []
    """Quiet in the broken arm."""
    false_alarm: DiagnosticNames = []
    """An alarm in the healthy arm, or still one in the repaired arm."""
    right: DiagnosticNames = []
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


class Record(Outcomes):
    """What is recorded of the diagnostics, and what they are pointed at."""

    subject: Subject


class RecordChange(Outcomes):
    """What differs of it in a variant: a diagnostic that is named here is what it says here."""

    subject: Subject | None = None
