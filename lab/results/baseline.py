"""What a tool was worth when it was last looked at, as a file, and what has become of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

import lab
from lab.errors import UsageError
from lab.results import files
from lab.results.model import Outcome, RunResult

_LONGEST = 4 << 20


class Baseline(BaseModel):
    """The file: run -> outcome; sorted, and without times, so that it can be kept in a repository.

    `golab` and `go` are what it was measured with.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_: Literal["golab.baseline/1"] = Field(default="golab.baseline/1", alias="schema")
    golab: str
    go: str
    tool: str
    outcomes: dict[str, Outcome]


def measured(runs: Sequence[RunResult], tool: str) -> Baseline:
    """Return what a tool was worth in these runs; those that prove nothing are left out."""
    return Baseline(
        schema="golab.baseline/1",
        golab=lab.__version__,
        go=runs[0].go,
        tool=tool,
        outcomes=dict(sorted(outcomes(runs, tool).items())),
    )


def outcomes(runs: Sequence[RunResult], tool: str) -> dict[str, Outcome]:
    """Return run -> what the tool was worth there."""
    proven = (run for run in runs if run.verdict in ("reproduced", "changed"))
    return {run.name: row.outcome for run in proven for row in run.diagnostics if row.id == tool}


def read(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        UsageError: there is none in this file.
    """
    hint = "`golab check --save-baseline FILE` writes one"
    return files.read(path, Baseline, "baseline", longest=_LONGEST, hint=hint)


def write(baseline: Baseline, path: Path) -> None:
    """Write a baseline.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        path.write_text(baseline.model_dump_json(by_alias=True, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"the baseline cannot be written to {path}: {error.strerror}") from None


def worse(before: Mapping[str, Outcome], now: Mapping[str, Outcome]) -> Iterator[str]:
    """Yield a line for each detection that was lost, and each false alarm that was gained.

    What was looked at only once, before or now, says nothing of either.
    """
    for name in sorted(before.keys() & now.keys()):
        was, is_ = before[name], now[name]
        if was == "detected" != is_:
            yield f"{name}: a detection was lost: it is {_ARTICLE[is_]} now"
        elif is_ == "false-alarm" != was:
            yield f"{name}: a false alarm was gained: it was {_ARTICLE[was]} before"


_ARTICLE: dict[Outcome, str] = {
    "detected": "a detection",
    "miss": "a miss",
    "false-alarm": "a false alarm",
    "right": "right",
    "unavailable": "unavailable",
    "error": "an error",
}
