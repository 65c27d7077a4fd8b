"""The result tree of a run: what `--json` prints (`golab.report/1`) and every report shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from pydantic import ConfigDict, Field

from lab.spec.described import Described

ArmName = Literal["healthy", "broken", "repaired"]
ARMS: tuple[ArmName, ...] = ("healthy", "broken", "repaired")
Verdict = Literal["reproduced", "changed", "invalid", "error", "skipped"]
State = Literal["quiet", "alarm", "unavailable", "error"]
Outcome = Literal["detected", "miss", "false-alarm", "right", "unavailable", "error"]
Origin = Literal["documented", "mended", "golab", "tool"]
"""Who offers a diagnostic; `mended`: the nearest form that works of a documented one."""
Kind = Literal["failure", "myth", "control"]


class Result(Described):
    """A piece of a report."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class CommandResult(Result):
    """One command of an arm and what it did."""

    argv: list[str]
    exit: int | None
    """None: the lab's own limit ended it."""
    stdout: str
    stderr: str
    seconds: float
    error: str = ""
    """What kept it from its work: a signal, a limit of the lab, a resource that ran out."""


class ArmResult(Result):
    """One pass through the replay."""

    conditions: list[str] = []
    """What is particular to this arm, in words: settings, credentials, the remedy."""
    prepared: list[CommandResult] = []
    """What the break and the remedy have run, before the replay."""
    commands: list[CommandResult]
    project: dict[str, str] = {}
    """go.mod and go.sum as the replay left them."""
    unread: dict[str, str] = {}
    """Which of these could not be read as text, and why."""
    requests: list[dict[str, Any]] = []
    """Every DNS query, TLS handshake and HTTP request of the replay, in order."""
    asked: list[str] = []
    """Who was asked about what, each once: the part of `requests` that silence is measured by."""
    fired: dict[str, int] = {}
    """Fault -> how often it fired during the replay."""
    errors: list[str] = []
    """What failed in the lab itself, during the replay or the diagnostics of this arm."""
    differences: list[str] = []
    """How the arm differs from what the scenario expects; empty: not at all."""

    @property
    def judged(self) -> CommandResult:
        """The command that the scenario judges: the last one."""
        return self.commands[-1]


class DiagnosticResult(Result):
    """What one diagnostic said in the three arms."""

    id: str
    origin: Origin
    """Who offers it; `mended`: the nearest form that works of a documented one that does not."""
    command: str
    """What a person would type; for golab's own probes, what they compare. In the broken arm, if
    there is one."""
    commands: dict[str, str] = {}
    """Arm -> the same as it was run there."""
    healthy: State
    broken: State | None = None
    """None: a control has no such arm."""
    repaired: State | None = None
    said: dict[str, str]
    """Arm -> what it said, in a line."""
    seconds: dict[str, float] = {}
    """Arm -> how long it took."""
    outcome: Outcome
    recorded: Outcome | None
    """None: this diagnostic is not on record."""

    @property
    def agrees(self) -> bool:
        """Whether this is as recorded; what could not run, now or then, contradicts nothing."""
        return self.outcome == "unavailable" or self.recorded in (self.outcome, None, "unavailable")

    @property
    def telling(self) -> str:
        """What it said in the arm that made its outcome what it is."""
        if self.outcome in ("error", "unavailable"):
            return next(self.said[arm] for arm in ARMS if getattr(self, arm) == self.outcome)
        if self.outcome == "false-alarm":
            return self.said["healthy" if self.healthy == "alarm" else "repaired"]
        return self.said["broken" if self.broken else "healthy"]


class _OfRun(Result):
    scenario: str
    variant: str | None = None

    @property
    def name(self) -> str:
        """`scenario` or `scenario/variant`."""
        return f"{self.scenario}/{self.variant}" if self.variant else self.scenario


class RunResult(_OfRun):
    """One scenario (or one of its variants), replayed once."""

    kind: Kind
    family: str
    title: str
    sources: list[str] = []
    """Where it is documented, in words."""
    story: str = ""
    lesson: str = ""
    faults: dict[str, str] = {}
    """Fault -> what it does to which traffic, as its rule says."""
    go: str
    backend: str
    through: str | None = None
    verdict: Verdict
    reason: str = ""
    seconds: float
    silent: bool | None = None
    """Measured: the broken arm exits as the healthy one does; what came of it, or who was asked, is
    another."""
    breaks: bool = True
    """Whether anything is to be another in the broken arm; what breaks nothing is no failure."""
    arms: dict[ArmName, ArmResult] = {}
    diagnostics: list[DiagnosticResult] = []
    detected_by: list[str] = []
    missed_by: list[str] = []
    false_alarms: list[str] = []
    artifacts: dict[str, str] = {}

    def diagnostic(self, name: str) -> DiagnosticResult | None:
        """Return what a diagnostic said, None if it did not look."""
        return next((row for row in self.diagnostics if row.id == name), None)


class Totals(Result):
    """How many runs came to which verdict, and what the diagnostics said in healthy set-ups."""

    runs: int
    controls: int = 0
    """Of these."""
    false_alarms: int = 0
    """Alarms of diagnostics in controls."""
    reproduced: int
    changed: int
    invalid: int
    error: int
    skipped: int
    seconds: float


class Difference(Result):
    """One thing that a scenario shows differently with another Go."""

    what: str
    """Such as `broken: exit`."""
    by_go: dict[str, str]
    """Go version -> what was seen; empty: nothing of that."""


class Compared(_OfRun):
    """How the runs of one scenario with several Go versions differ."""

    verdicts: dict[str, Verdict]
    """Go version -> verdict."""
    differences: list[Difference]
    """Empty: they agree."""


class Repeated(_OfRun):
    """How often the replays of one scenario with one Go came to which verdict."""

    go: str
    verdicts: dict[Verdict, int]

    @property
    def differing(self) -> int:
        """How many of the replays came to another verdict than most of them."""
        return sum(self.verdicts.values()) - max(self.verdicts.values())


class Report(Result):
    """Everything one `golab run` found out."""

    schema_: Literal["golab.report/1"] = Field(default="golab.report/1", alias="schema")
    golab: str
    """The version of golab."""
    backend: str
    seed: int
    shard: str = Field(default="", pattern=r"^([1-9][0-9]{0,3}/[1-9][0-9]{0,3})?$")
    """Which part of the runs these are, such as `2/4`; empty: all of them."""
    started: str
    """RFC 3339, UTC."""
    seconds: float
    runs: list[RunResult]
    compared: list[Compared] = []
    """Where there are several Go versions: how each scenario differs between them."""
    repeated: list[Repeated] = []
    """Where runs were repeated: what each came to. `runs` then has the first of each, and those
    with another verdict than that."""
    unfinished: list[str] = []
    """The runs that an interrupt kept from being finished; empty: golab was not interrupted."""
    totals: Totals

    def label(self, run: RunResult) -> str:
        """Return what to call a run of this report: with its Go version, if there are several."""
        several = len({run.go for run in self.runs}) > 1
        return f"{run.name} (go {run.go})" if several else run.name


def repeated(result: RunResult, verdicts: Mapping[Verdict, int]) -> Repeated:
    """Say what the replays of one run came to; `result` is one of them."""
    return Repeated(
        scenario=result.scenario, variant=result.variant, go=result.go, verdicts=dict(verdicts)
    )


def totals(
    runs: Sequence[RunResult], seconds: float, verdicts: Mapping[Verdict, int] | None = None
) -> Totals:
    """Count verdicts.

    Args:
        runs: what each run came to, the first time.
        seconds: how long all of it took.
        verdicts: how many replays came to which, where there are more than these.
    """
    counts = {**dict.fromkeys(get_args(Verdict), 0)}
    counts |= verdicts if verdicts is not None else Counter(run.verdict for run in runs)
    controls = [run for run in runs if run.kind == "control"]
    return Totals(
        runs=sum(counts.values()),
        controls=len(controls),
        false_alarms=sum(len(run.false_alarms) for run in controls),
        seconds=seconds,
        **counts,
    )
