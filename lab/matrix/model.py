"""What the detection matrix is: a row for each run, a score for each diagnostic and each group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import Field

from lab.results.model import Kind, Origin, Outcome, Result

GroupName = Literal["three-lines", "documented", "mended", "golab", "tool"]

GROUPS: dict[GroupName, str] = {
    "three-lines": "the articles' three lines",
    "documented": "all that they offer",
    "mended": "in a form that works",
    "golab": "golab's own probes",
    "tool": "tools under test",
}


class Row(Result):
    """A run, and what each diagnostic that looked at it is worth there."""

    run: str
    scenario: str
    family: str
    kind: Kind
    silent: bool | None
    """None: of a control."""
    breaks: bool = True
    """False: the scenario shows that something does not break go; there is nothing to notice."""
    outcomes: dict[str, Outcome]

    @property
    def is_failure(self) -> bool:
        """Whether something breaks in it; a control is healthy, and so is what breaks nothing."""
        return self.kind != "control" and self.breaks


class Counts(Result):
    """In how many runs something is detected, and in how many there is a false alarm."""

    failures: int
    """Runs in which something breaks."""
    detected: int
    """Of these."""
    silent: int
    """Of these, runs in which go's exit status says nothing of it."""
    silent_detected: int
    failures_with_false_alarm: int
    """An alarm before anything breaks, or one that outlasts the repair."""
    controls: int
    """Runs that are unusual and healthy: controls, and those in which nothing breaks."""
    controls_with_false_alarm: int

    @property
    def recall(self) -> float:
        """The part of all failures that is detected; what could not look has detected nothing."""
        return self.detected / self.failures if self.failures else 0.0

    @property
    def false_alarms(self) -> int:
        """In how many runs there is one."""
        return self.failures_with_false_alarm + self.controls_with_false_alarm


class Score(Counts):
    """What one diagnostic is worth over all runs that it looked at."""

    id: str
    origin: Origin
    missed: int
    unavailable: int
    errors: int


class Group(Counts):
    """What several diagnostics are worth together: if one detects, or alarms, all of them do."""

    name: GroupName
    members: list[str]


class Matrix(Result):
    """What every diagnostic is worth for every run."""

    schema_: Literal["golab.matrix/1"] = Field(default="golab.matrix/1", alias="schema")
    source: str
    """Where it is from, in words."""
    go: list[str]
    rows: list[Row]
    diagnostics: list[Score]
    groups: list[Group]

    def group(self, name: GroupName) -> Group | None:
        """Return a group, if any of its diagnostics has looked."""
        return next((one for one in self.groups if one.name == name), None)


def matrix(
    rows: Sequence[Row],
    origins: dict[str, Origin],
    three_lines: Sequence[str],
    *,
    source: str,
    go: Sequence[str],
) -> Matrix:
    """Count what the diagnostics are worth, each alone and in groups.

    Args:
        rows: the runs.
        origins: diagnostic -> who offers it.
        three_lines: those that the headline is about.
        source: where the rows are from, in words.
        go: the Go versions they are of.
    """
    seen = [name for name in origins if any(name in row.outcomes for row in rows)]
    members: dict[GroupName, list[str]] = {
        "three-lines": [name for name in seen if name in three_lines],
        **{origin: [name for name in seen if origins[name] == origin] for origin in _ORIGINS},
    }
    return Matrix(
        source=source,
        go=list(go),
        rows=list(rows),
        diagnostics=[_score(name, origins[name], rows) for name in seen],
        groups=[
            Group(name=name, members=names, **_counts(names, rows).model_dump())
            for name, names in members.items()
            if names
        ],
    )


_ORIGINS: tuple[Origin, ...] = ("documented", "mended", "golab", "tool")


def _counts(names: Sequence[str], rows: Sequence[Row]) -> Counts:
    looked = [row for row in rows if any(name in row.outcomes for name in names)]

    def count(outcome: Outcome | None, which: Callable[[Row], bool]) -> int:
        return sum(
            which(row)
            and (outcome is None or outcome in {row.outcomes.get(name) for name in names})
            for row in looked
        )

    def failing(row: Row) -> bool:
        return row.is_failure

    def silent(row: Row) -> bool:
        return row.is_failure and row.silent is True

    def healthy(row: Row) -> bool:
        return not row.is_failure

    def unfounded(row: Row) -> bool:
        """Tell whether an alarm in the broken arm alone is about nothing, and not counted yet."""
        return healthy(row) and "false-alarm" not in {row.outcomes.get(name) for name in names}

    return Counts(
        failures=count(None, failing),
        detected=count("detected", failing),
        silent=count(None, silent),
        silent_detected=count("detected", silent),
        failures_with_false_alarm=count("false-alarm", failing),
        controls=count(None, healthy),
        controls_with_false_alarm=count("false-alarm", healthy) + count("detected", unfounded),
    )


def _score(name: str, origin: Origin, rows: Sequence[Row]) -> Score:
    found = [row.outcomes[name] for row in rows if name in row.outcomes]
    return Score(
        id=name,
        origin=origin,
        missed=[row.outcomes.get(name) for row in rows if row.is_failure].count("miss"),
        unavailable=found.count("unavailable"),
        errors=found.count("error"),
        **_counts([name], rows).model_dump(),
    )
