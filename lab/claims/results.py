"""What was measured of claims: for each Go version, and over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from lab.results.model import Result

Outcome = Literal["holds", "refuted", "undecided", "error"]
Verdict = Literal[
    "holds",
    "refuted",
    "partly",
    "depends on the version",
    "not testable here",
    "undecided",
    "error",
]
Silence = Literal["silent", "loud", "silent or loud", "-"]


class Proven(Result):
    """What one case of a claim came to."""

    case: str
    outcome: Outcome
    command: str
    """The judged one."""
    line: str
    """What of its output decides."""
    silent: Silence = "-"
    reason: str = ""
    """Why it is undecided, or what failed."""


class Measured(Result):
    """What a claim came to with one Go version."""

    verdict: Verdict
    condition: str = ""
    """Where it holds and where not; why it cannot be tested; what failed."""
    silent: Silence = "-"
    proofs: list[Proven] = []
    missing: bool = False
    """Not testable only because this machine lacks a program: that contradicts no record."""


class Entry(Result):
    """A claim in the ledger."""

    id: str
    family: str
    sources: list[str]
    says: str
    by_go: dict[str, Measured]

    @property
    def verdict(self) -> Verdict:
        """The verdict over all versions."""
        found = list(dict.fromkeys((one.verdict, one.condition) for one in self.by_go.values()))
        failed = [verdict for verdict, _ in found if verdict in ("error", "undecided")]
        if failed:
            return failed[0]
        return found[0][0] if len(found) == 1 else "depends on the version"

    @property
    def condition(self) -> str:
        """The condition over all versions."""
        found: dict[str, list[str]] = {}
        for go, one in self.by_go.items():
            said = f"{one.verdict} ({one.condition})" if one.condition else one.verdict
            found.setdefault(said, []).append(go)
        if len(found) == 1:
            return next(iter(self.by_go.values())).condition
        return "; ".join(f"go {', '.join(goes)}: {said}" for said, goes in found.items())

    @property
    def silent(self) -> Silence:
        """Whether what is seen is silent, over all versions."""
        return together([one.silent for one in self.by_go.values()])


class Ledger(Result):
    """What one `golab claims` found out."""

    schema_: Literal["golab.claims/1"] = "golab.claims/1"
    golab: str
    go: list[str]
    entries: list[Entry]


def together(found: Sequence[Silence]) -> Silence:
    """Return what is silent or loud, taken together."""
    kinds: set[Silence] = set(found) - {"-"}
    if len(kinds) > 1:
        return "silent or loud"
    return kinds.pop() if kinds else "-"


def judged(proofs: Sequence[Proven]) -> Measured:
    """Return what the cases of a claim come to: it is true if it is in each."""
    by_outcome: dict[Outcome, list[Proven]] = {}
    for proof in proofs:
        by_outcome.setdefault(proof.outcome, []).append(proof)
    silent = together([proof.silent for proof in proofs])
    for bad in ("error", "undecided"):
        if found := by_outcome.get(bad):
            said = "; ".join(_at(proof.case) + proof.reason for proof in found)
            return Measured(verdict=bad, condition=said, silent=silent, proofs=list(proofs))
    if len(by_outcome) == 1:
        (outcome,) = by_outcome
        return Measured(verdict=outcome, silent=silent, proofs=list(proofs))
    said = f"true of {_listed(by_outcome, 'holds')}; not of {_listed(by_outcome, 'refuted')}"
    return Measured(verdict="partly", condition=said, silent=silent, proofs=list(proofs))


def _listed(by_outcome: Mapping[Outcome, Sequence[Proven]], outcome: Outcome) -> str:
    names = (proof.case for proof in by_outcome[outcome])
    return ", ".join(f"“{name}”" if " " in name else name for name in names)


def _at(case: str) -> str:
    return f"{case}: " if case else ""
