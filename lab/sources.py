"""The documents that scenarios cite: scenarios/sources.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from pydantic import BaseModel, ConfigDict, RootModel

from faults import validation, yamlsource
from lab.interrupts import INTERRUPTS
from lab.paths import scenarios_root
from lab.schema import Name, Part, Text

SOURCES = "sources.yaml"


class Citation(Part):
    """Where a failure is documented."""

    article: Name
    """An entry of scenarios/sources.yaml."""
    section: Text | None = None
    """The section of the article, or the number of the issue."""


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


def cited(citations: Sequence[Citation]) -> list[str]:
    """Return where something is documented, in words."""
    found = []
    for citation in citations:
        article = articles()[citation.article]
        section = f", section {citation.section}" if citation.section else ""
        found.append(f"“{article.title}” ({article.language}){section}")
    return found
