"""Makes findings of what probes and lints have said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from lab.diagnostics.catalogue import Probe, diagnostics
from lab.diagnostics.interface import Finding
from lab.diagnostics.lints.model import Problem
from lab.diagnostics.project import Project
from lab.errors import GolabError
from lab.plural import counted
from lab.results.findings import Found, Looked

_MOST_EVIDENCE = 10


def from_lints(problems: Iterable[Problem], own: Project) -> list[Found]:
    """Return a finding for each problem of the settings."""
    places = {"go.mod": f"{own.root}/go.mod", "go.sum": f"{own.root}/go.sum"}
    return [
        Found(
            one.rule,
            one.severity,
            one.seen,
            why=one.why,
            remedy=one.remedy,
            command=one.command,
            scenario=one.scenario,
            file=places.get(one.file, one.file),
            line=one.line,
        )
        for one in problems
    ]


def digest(
    looked: Sequence[Looked],
    alarms: Mapping[tuple[str, str], Finding],
    *,
    offline: bool,
    failed: Mapping[str, str],
) -> list[Found]:
    """Return the findings that probes come to.

    Where one says the same of several modules, that is one finding; where nobody could be reached,
    what the probes of the network say is evidence of that.
    """
    found: list[Found] = []
    unreached: list[str] = []
    groups: dict[tuple[str, str], list[str]] = {}
    for (name, module), finding in alarms.items():
        groups.setdefault((name, finding.said), []).append(module)
    for (name, said), modules in groups.items():
        probe = diagnostics()[name]
        assert isinstance(probe, Probe)
        if offline and not probe.local:
            unreached.append(f"{name}: {said}")
            continue
        finding = alarms[name, modules[0]]
        scenario = probe.scenario or teaches(name)
        found.append(
            Found(
                name,
                probe.severity,
                said,
                evidence=finding.evidence[:_MOST_EVIDENCE] if len(finding.evidence) > 1 else (),
                why=lesson(scenario) or probe.question,
                remedy=probe.remedy,
                command=finding.see,
                scenario=scenario,
                modules=tuple(module for module in modules if module),
            )
        )
    if offline:
        found.insert(0, _offline(failed, unreached))
    return [*found, *_crashed(looked)]


def _offline(failed: Mapping[str, str], unreached: Sequence[str]) -> Found:
    hosts = [f"{host}: {error}" for host, error in failed.items()]
    return Found(
        "no-network",
        "error",
        f"{counted(len(hosts), 'host')} asked, and none can be reached",
        evidence=(*hosts, *unreached)[:_MOST_EVIDENCE],
        why="nothing can be said of what proxies answer; what lies on this machine was looked at",
        remedy="connect this machine; where only a forward proxy gets out, set HTTPS_PROXY",
        command=f"curl -v https://{next(iter(failed), 'proxy.golang.org')}/",
        scenario="egress-blocked",
    )


def _crashed(looked: Sequence[Looked]) -> list[Found]:
    return [
        Found(
            one.id,
            "note",
            f"the probe itself failed: {one.said}",
            why="what it asks is not answered; that is a defect of golab",
            remedy="report it, with the output of --json",
            modules=(one.module,) if one.module else (),
        )
        for one in looked
        if one.state == "error"
    ]


def teaches(diagnostic: str) -> str:
    """Return the scenario in which a diagnostic is on record as having detected the fault."""
    return _teaching().get(diagnostic, "")


@cache
def _teaching() -> dict[str, str]:
    from lab.replay.outcomes import recorded

    found: dict[str, str] = {}
    for run, outcomes in recorded().runs.items():
        for name in outcomes.get("detected", []):
            found.setdefault(name, run.partition("/")[0])
    return found


@cache
def lesson(scenario: str) -> str:
    """Return what a scenario teaches, '' if there is none of that name."""
    from lab.scenario.load import find

    try:
        runs = find(scenario).runs() if scenario else []
    except GolabError:
        return ""
    return " ".join((runs[0].scenario.lesson or "").split()) if runs else ""
