"""The documents that scenarios cite: those of scenarios/sources.yaml, and their authors' own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, RootModel, model_validator

from faults import validation, yamlsource
from lab.interrupts import INTERRUPTS
from lab.paths import scenarios_root
from lab.spec.schema import Name, OneOf, Part, Text, Url

SOURCES = "sources.yaml"


class Article(BaseModel):
    """One entry of sources.yaml: a document that a scenario can cite."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    """In English."""
    original: str
    """In its own language."""
    language: str
    found: str
    """Its address, or the name of its file."""


class _Articles(RootModel[dict[str, Article]]):
    pass


@cache
def articles() -> Mapping[str, Article]:
    """Return the documents that scenarios can cite by name."""
    with INTERRUPTS:
        return validation.check(yamlsource.read(scenarios_root() / SOURCES), _Articles).root


_OWN = "; cite a document of your own as {title: …, url: …}"


class Citation(Part):
    """Where a failure is documented: an `article` that golab knows, or a `title` and its `url`."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["article"]}, {"required": ["title"]}],
            "dependentRequired": {"url": ["title"]},
        }
    )

    article: Annotated[Name, OneOf("article", articles, _OWN)] = ""
    """An entry of scenarios/sources.yaml."""
    title: Text = ""
    """Of a document that is not in scenarios/sources.yaml."""
    url: Url = ""
    """Its address."""
    section: Text | None = None
    """The section of the article, or the number of the issue."""

    @model_validator(mode="after")
    def _one_document(self) -> Self:
        said = self.model_fields_set - {"section"}
        if said not in ({"article"}, {"title"}, {"title", "url"}):
            raise ValueError("cite either an `article` by its name or a `title` with its `url`")
        return self


def cited(citations: Sequence[Citation]) -> list[str]:
    """Return where something is documented, in words."""
    return [_cited(citation) for citation in citations]


def _cited(citation: Citation) -> str:
    title, place = citation.title, citation.url
    if citation.article:
        article = articles()[citation.article]
        title, place = article.title, f"{article.language}, {article.found}"
    section = f", section {citation.section}" if citation.section else ""
    return f"“{title}”{f' ({place})' if place else ''}{section}"
