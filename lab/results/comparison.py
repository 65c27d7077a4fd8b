"""What differs between the runs of one scenario with several Go versions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from lab.results.model import ARMS, ArmName, Compared, Difference, RunResult

# What differs from run to run with one and the same Go.
_PASSING = re.compile(
    r"\b\d+(\.\d+)?m?s\b|(?<=:)\d+(?=->)|/tmp/\S+|(?<=\bgo)1\.\d+(\.\d+)?"
    r"|\b\d{4}-\d\d-\d\dT[\d:.]+Z?"
)


def compared(results: Sequence[RunResult]) -> list[Compared]:
    """Lay the results of each scenario side by side; [] where all have the same Go."""
    if len({result.go for result in results}) < 2:
        return []
    found: dict[str, dict[str, RunResult]] = {}
    for result in results:
        found.setdefault(result.name, {})[result.go] = result
    return [
        Compared(
            scenario=first.scenario,
            variant=first.variant,
            verdicts={go: run.verdict for go, run in by_go.items()},
            differences=[
                Difference(what=what, by_go=seen)
                for what, seen in _aspects(by_go)
                if len(set(seen.values())) > 1
            ],
        )
        for by_go in found.values()
        for first in [next(iter(by_go.values()))]
    ]


def _aspects(by_go: Mapping[str, RunResult]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what can differ, and what was seen of it with each Go."""
    silence = {True: "yes", False: "no", None: ""}
    yield "reason", {go: run.reason for go, run in by_go.items()}
    yield "silent", {go: silence[run.silent] for go, run in by_go.items()}
    for arm in ARMS:
        # What a run that came to nothing has not seen is no difference between versions.
        runs = {go: run for go, run in by_go.items() if arm in run.arms}
        yield f"{arm}: exit", {go: _exit(run, arm) for go, run in runs.items()}
        for stream in ("stdout", "stderr"):
            texts = {go: getattr(run.arms[arm].judged, stream) for go, run in runs.items()}
            yield f"{arm}: {stream}", _odd_lines(texts)
        for file in ("go.mod", "go.sum"):
            texts = {go: run.arms[arm].project.get(file, "") for go, run in runs.items()}
            yield f"{arm}: {file}", _odd_lines(texts)
        yield f"{arm}: asked", _odd_lines({go: run.arms[arm].asked for go, run in runs.items()})
    looks = {go: {row.id: row.outcome for row in run.diagnostics} for go, run in by_go.items()}
    for name in sorted({name for look in looks.values() for name in look}):
        yield name, {go: look[name] for go, look in looks.items() if name in look}


def _exit(run: RunResult, arm: ArmName) -> str:
    status = run.arms[arm].judged.exit
    return "ended by the lab's limit" if status is None else str(status)


def _odd_lines(texts: Mapping[str, str | Sequence[str]]) -> dict[str, str]:
    """Return of each text the first line that not all of them have, '' if there is none."""
    lines = {
        go: [
            _PASSING.sub("…", line)
            for line in (text.splitlines() if isinstance(text, str) else text)
        ]
        for go, text in texts.items()
    }
    in_how_many = Counter(line for each in lines.values() for line in set(each))
    return {
        go: next((line.strip() for line in each if in_how_many[line] < len(lines)), "")
        for go, each in lines.items()
    }
