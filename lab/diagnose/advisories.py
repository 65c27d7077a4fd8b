"""Known flaws of a Go version in how it fetches and checks modules: advisories.yaml."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from faults import validation, yamlsource
from lab.results.findings import Found

_FILE = Path(__file__).with_name("advisories.yaml")


class _Range(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    since: str = "0"
    before: str


class Advisory(BaseModel):
    """One flaw: its identifier, what it lets through, where it is published, which Go has it.

    `scenario` is the one of the catalogue that shows it; '' if none does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    says: str
    source: str
    scenario: str = ""
    affected: list[_Range]

    def fixed_for(self, go: str) -> str:
        """Return the version that mends it for a Go version; '' if that does not have it."""
        mine = _numbers(go)
        for found in self.affected:
            if _numbers(found.since) <= mine < _numbers(found.before):
                return found.before
        return ""


class Advisories(BaseModel):
    """The file; `checked` is the day on which its sources were read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    checked: datetime.date
    advisories: list[Advisory]


def load() -> Advisories:
    """Return what is known."""
    return validation.check(yamlsource.read(_FILE), Advisories)


def known(go: str) -> list[Found]:
    """Return a note for each known flaw of a Go version such as `go1.26.2`."""
    version = re.search(r"\d+\.\d+[.\w]*", go)
    if not version:
        return []
    file = load()
    return [
        Found(
            one.id.lower(),
            "note",
            f"go {version[0]} has {one.id}",
            why=f"{one.says} (as of {file.checked})",
            remedy=f"go {fixed} or later",
            command=f"go version; {one.source}",
            scenario=one.scenario,
        )
        for one in file.advisories
        if (fixed := one.fixed_for(version[0]))
    ]


def _numbers(version: str) -> tuple[int, int, int]:
    """Return the three numbers; a candidate for a release counts as older than that."""
    found = [int(number) for number in re.findall(r"\d+", version)[:3]]
    if "rc" in version or "beta" in version:
        found = [*found[:2], -1]
    return (*found, 0, 0, 0)[:3]  # type: ignore[return-value]
