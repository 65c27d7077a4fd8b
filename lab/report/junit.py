"""The report as JUnit XML, which CI systems show: a test for each run.

It has what the schema of Jenkins allows (xunit-plugin, junit-10.xsd): how many were skipped is said
of a suite, and not of all of them.
A run whose verdict is `changed` has failed; one that is `invalid` or an `error` is an error. Of a
tool that is under test, a miss or a false alarm is a failure, unless it is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from lab.report import files
from lab.report.visible import visible_parts
from lab.results.model import ArmResult, Report, RunResult
from lab.spec.command import typed

_LONGEST = 4000
"""Characters of what a command has printed that are kept."""

Known = Mapping[str, str]
_NOTHING: Known = {}
Kind = Literal["", "failure", "error", "skipped"]
_BY_VERDICT: Mapping[str, Kind] = {
    "reproduced": "",
    "changed": "failure",
    "invalid": "error",
    "error": "error",
    "skipped": "skipped",
}
_BY_OUTCOME: Mapping[str, Kind] = {
    "detected": "",
    "right": "",
    "miss": "failure",
    "false-alarm": "failure",
    "unavailable": "skipped",
    "error": "error",
}


class _Case(NamedTuple):
    """What came of a run: how CI is to call it, golab's own word, and why."""

    kind: Kind
    word: str
    why: str


_INTERRUPTED = _Case("error", "interrupted", "golab was interrupted before this had finished")


def write(report: Report, file: str, tool: str = "", known: Known = _NOTHING) -> None:
    """Write a report.

    Args:
        report: what was found out.
        file: where.
        tool: the program under test that it is about, if it is about one.
        known: run -> what the tool was worth before; what is as it was is no failure.

    Raises:
        UsageError: the file cannot be written.
    """
    files.put(junit(report, tool, known), file)


def junit(report: Report, tool: str = "", known: Known = _NOTHING) -> str:
    """Return a report as JUnit XML: a suite for each family, and its runs."""
    shown = visible_parts(report)
    root = Element("testsuites", name="golab")
    cases = [_judged(run, tool, known) for run in shown.runs]
    _counted(root, [*cases, *[_INTERRUPTED] * len(report.unfinished)], shown.seconds)
    for family in dict.fromkeys(run.family for run in shown.runs):
        both = zip(shown.runs, cases, strict=True)
        of_it = [(run, case) for run, case in both if run.family == family]
        suite = SubElement(root, "testsuite", name=f"golab.{family}")
        _counted(suite, [case for _, case in of_it], sum(run.seconds for run, _ in of_it))
        suite.set("timestamp", shown.started.removesuffix("Z"))
        _properties(suite, shown)
        for run, case in of_it:
            suite.append(_case(shown, run, case))
    if report.unfinished:
        root.append(_unfinished(shown))
    ElementTree.indent(root)
    return ElementTree.tostring(root, "unicode", xml_declaration=True) + "\n"


def _judged(run: RunResult, tool: str, known: Known) -> _Case:
    row = run.diagnostic(tool)
    kind = _BY_VERDICT[run.verdict]
    if tool and row and kind in ("", "failure"):
        if row.outcome == known.get(run.name):
            return _Case("", row.outcome, "")
        return _Case(_BY_OUTCOME[row.outcome], row.outcome, row.telling)
    return _Case(kind, run.verdict, run.reason)


def _counted(part: Element, cases: Sequence[_Case], seconds: float) -> None:
    counts = Counter(case.kind for case in cases)
    part.set("tests", str(len(cases)))
    part.set("failures", str(counts["failure"]))
    part.set("errors", str(counts["error"]))
    if part.tag == "testsuite":
        part.set("skipped", str(counts["skipped"]))
    part.set("time", f"{seconds:.3f}")


def _properties(suite: Element, report: Report) -> None:
    found = {"golab": report.golab, "backend": report.backend, "seed": str(report.seed)}
    properties = SubElement(suite, "properties")
    for name, value in found.items():
        SubElement(properties, "property", name=name, value=value)


def _case(report: Report, run: RunResult, case: _Case) -> Element:
    name, time = report.label(run), f"{run.seconds:.3f}"
    found = Element("testcase", classname=f"golab.{run.family}", name=name, time=time)
    if case.kind:
        message = f"{case.word}: {case.why}" if case.why else case.word
        SubElement(found, case.kind, message=message, type=case.word).text = case.why
    SubElement(found, "system-out").text = "\n".join(_told(run))
    return found


def _told(run: RunResult) -> Iterator[str]:
    yield run.title
    for name, arm in run.arms.items():
        yield ""
        yield name
        yield from _arm(arm)
    if run.diagnostics:
        yield ""
        yield from (f"{row.id}: {row.outcome}" for row in run.diagnostics)


def _arm(arm: ArmResult) -> Iterator[str]:
    for command in [*arm.prepared, *arm.commands]:
        ended = "ended by the lab's limit" if command.exit is None else f"exit {command.exit}"
        yield f"$ {typed(command.argv)}  {command.error or ended}"
        for text in (command.stdout, command.stderr):
            if text.strip():
                yield text.rstrip()[:_LONGEST]
    yield from (f"not as expected: {text}" for text in arm.differences)


def _unfinished(report: Report) -> Element:
    suite = Element("testsuite", name="golab.unfinished")
    case = _INTERRUPTED
    _counted(suite, [case] * len(report.unfinished), 0)
    for name in report.unfinished:
        found = SubElement(suite, "testcase", classname="golab.unfinished", name=name, time="0")
        SubElement(found, "error", message=case.why, type=case.word)
    return suite
