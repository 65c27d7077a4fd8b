"""Reads the files of claims, and finds those that a user means."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from faults import validation, yamlsource
from faults.nearest import nearest
from faults.source import SourceError
from lab.claims.model import Claim, Family
from lab.errors import ScenarioError, UsageError
from lab.interrupts import INTERRUPTS
from lab.spec.sources import articles

DATA = Path(__file__).with_name("data")


@cache
def families() -> list[Family]:
    """Return every family of claims, in the order of their first letters.

    Raises:
        ScenarioError: a file is not valid.
    """
    with INTERRUPTS:
        found = [load(path) for path in DATA.glob("*.yaml")]
    return sorted(found, key=lambda family: family.claims[0].id)


def load(path: Path) -> Family:
    """Read one file of claims.

    Raises:
        ScenarioError: with every problem, each as `file:line:column: what`.
    """
    try:
        source = yamlsource.read(path)
        family = validation.check(source, Family)
    except SourceError as error:
        raise ScenarioError([str(problem) for problem in error.problems]) from None
    problems = []
    seen: set[str] = set()
    for index, claim in enumerate(family.claims):
        if claim.id in seen:
            problems.append(source.problem(("claims", index, "id"), f"{claim.id} is there twice"))
        seen.add(claim.id)
        for place, citation in enumerate(claim.sources):
            if citation.article and citation.article not in articles():
                near = nearest(citation.article, articles())
                at = ("claims", index, "sources", place, "article")
                problems.append(source.problem(at, f"unknown article {citation.article!r}{near}"))
    if problems:
        raise ScenarioError([str(problem) for problem in problems])
    return family


def select(ids: Sequence[str], family: str | None) -> list[Claim]:
    """Return the claims with these ids, those of one family, or all.

    Raises:
        UsageError: there is no such claim or family; the nearest is named.
    """
    names = [one.family for one in families()]
    if family is not None and family not in names:
        raise UsageError(f"no family {family!r}{nearest(family, names)}")
    known = {
        claim.id: claim
        for one in families()
        if family in (None, one.family)
        for claim in one.claims
    }
    for id_ in ids:
        if id_ not in known:
            raise UsageError(f"no claim {id_!r}{nearest(id_, known)}")
    return [known[id_] for id_ in ids] or list(known.values())
