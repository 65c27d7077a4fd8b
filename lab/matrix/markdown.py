"""docs/detection.md: the matrix as a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lab.matrix.model import GROUPS, Counts, Group, Matrix, Row, Score
from lab.matrix.terminal import percent
from lab.report.markdown import plain
from lab.results.model import Outcome

_HEAD = """# Which diagnostic notices which failure

Written by `golab matrix --markdown`, from {source} (go {go}).
`golab matrix` shows it at a terminal, `golab matrix --scenario ID` one scenario, and
`golab run --all --diagnostics all --json FILE && golab matrix FILE` measures all of it again.

A diagnostic *detects* a failure if it is quiet while all is well, alarms when the fault is on, and
is quiet after the documented remedy. An alarm before or after is a *false alarm*: it would have
been raised anyway. *Silent* failures are those in which go exits as if all were well. *Controls*
are set-ups that are unusual and healthy. What cannot look, for a program is missing or a lab has no
such thing, has noticed nothing.

A run that is not silent, and whose scenario has every command do in the broken arm what it does in
the healthy one, shows that something does *not* break go: `harmless`. There is nothing to notice,
and it is counted among the controls.
"""

_NAMES = {
    "three-lines": "3 lines",
    "documented": "documented",
    "mended": "mended",
    "golab": "golab",
    "tool": "tools",
}


def page(found: Matrix) -> str:
    """Return the page."""
    parts = [
        _HEAD.format(source=plain(found.source), go=plain(", ".join(found.go))),
        *_groups(found),
        *_diagnostics(found),
        *_runs(found),
    ]
    return "\n".join(parts)


def _groups(found: Matrix) -> Iterator[str]:
    yield "## The three lines, and the rest\n"
    if (lines := found.group("three-lines")) and (own := found.group("golab")):
        yield f"The articles' three lines ({_listed(lines.members)}) detect {_of(lines)}.\n"
        yield f"golab's own probes, taken together, detect {_of(own)}.\n"
    yield "| taken together | detect | of the silent ones | false alarms | in controls |"
    yield "| --- | --- | --- | --- | --- |"
    for one in found.groups:
        silent = (
            f"{one.silent_detected} of {one.silent} ({percent(one.silent_detected, one.silent)})"
        )
        yield _row(
            f"{GROUPS[one.name]} ({len(one.members)})",
            f"{one.detected} of {one.failures} ({percent(one.detected, one.failures)})",
            silent,
            f"{one.failures_with_false_alarm} of {one.failures}",
            f"{one.controls_with_false_alarm} of {one.controls}",
        )
    yield ""


def _of(one: Counts) -> str:
    return (
        f"{one.detected} of {one.failures} failures, {one.silent_detected} of the {one.silent}"
        f" silent ones, and alarm wrongly in {one.failures_with_false_alarm}"
        f" and in {one.controls_with_false_alarm} of {one.controls} controls"
    )


def _diagnostics(found: Matrix) -> Iterator[str]:
    yield "## Each diagnostic\n"
    counts = ("detects", "recall", "misses", "false alarms", "in controls", "cannot look")
    yield _row("diagnostic", "offered by", *counts)
    yield _row(*["---"] * (2 + len(counts)))
    for one in sorted(found.diagnostics, key=_best_first):
        yield _row(
            _code(one.id),
            _OFFERED[one.origin],
            one.detected,
            percent(one.detected, one.failures),
            one.missed,
            one.failures_with_false_alarm,
            one.controls_with_false_alarm,
            one.unavailable + one.errors,
        )
    yield ""


_OFFERED = {
    "documented": "a document",
    "mended": "a document, mended",
    "golab": "golab",
    "tool": "a tool",
}


def _best_first(one: Score) -> tuple[int, int, str]:
    return -one.detected, one.false_alarms, one.id


def _runs(found: Matrix) -> Iterator[str]:
    yield "## Each failure, and each control\n"
    yield "How many detect it, and which of golab's own; behind a `!`, how many alarm wrongly.\n"
    for family in sorted({row.family for row in found.rows}):
        yield f"### {plain(family)}\n"
        names = [_NAMES[one.name] for one in found.groups]
        yield _row("run", "silent", *names, "golab's own that detect it")
        yield _row(*["---"] * (len(names) + 3))
        for row in found.rows:
            if row.family == family:
                yield _run(row, found.groups)
        yield ""


def _run(row: Row, groups: Sequence[Group]) -> str:
    own = [name for one in groups if one.name == "golab" for name in _with(row, one, "detected")]
    silent = {True: "silent", False: "" if row.breaks else "harmless", None: "control"}[row.silent]
    return _row(plain(row.run), silent, *(_cell(row, one) for one in groups), _listed(own))


def _cell(row: Row, group: Group) -> str:
    detected, false = (len(_with(row, group, one)) for one in ("detected", "false-alarm"))
    said = [str(detected)] if detected else []
    return " ".join([*said, *([f"!{false}"] if false else [])])


def _with(row: Row, group: Group, outcome: Outcome) -> list[str]:
    return [name for name in group.members if row.outcomes.get(name) == outcome]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(_code, names))


def _code(name: str) -> str:
    return f"`{name.replace('`', chr(39))}`"


def _row(*cells: object) -> str:
    return f"| {' | '.join(_text(str(cell)) for cell in cells)} |"


def _text(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", " ".join(text.split())).replace("<", "&lt;")
