"""The documents that scenarios cite: scenarios/sources.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict, RootModel

from faults import validation, yamlsource
from lab.interrupts import INTERRUPTS
from lab.paths import scenarios_root
from lab.scenario.model import Scenario

SOURCES = "sources.yaml"


class Article(BaseModel):
    """One entry of sources.yaml: a document that a scenario can cite."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    language: str
    file: str | None = None


class _Articles(RootModel[dict[str, Article]]):
    pass


@cache
def articles() -> Mapping[str, Article]:
    """Return the documents that scenarios can cite."""
    with INTERRUPTS:
        return validation.check(yamlsource.read(scenarios_root() / SOURCES), _Articles).root


def cited(scenario: Scenario) -> list[str]:
    """Return where a scenario is documented, in words."""
    found = []
    for citation in scenario.sources:
        article = articles()[citation.article]
        section = f", section {citation.section}" if citation.section else ""
        found.append(f"“{article.title}” ({article.language}){section}")
    return found
