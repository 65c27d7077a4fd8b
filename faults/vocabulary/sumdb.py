"""What can happen to the checksum database."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from faults.vocabulary.base import Action, Example, Stage


class Sumdb(Action):
    """Serve a checksum database that lies."""

    short: ClassVar[str] = "make"
    acts: ClassVar[tuple[Stage, ...]] = (Stage.RESPONSE,)
    needs: ClassVar[frozenset[str]] = frozenset({"sumdb-lookup", "sumdb-latest", "sumdb-tile"})

    make: Literal["tampered"] | None = Field(
        None, description="Change a hash in lookups, a bit in tiles, the tree in `latest`."
    )
    substitute: str | None = Field(
        None, pattern=r"^[^@ ]+@v[^@ ]+$", description="Answer lookups with this module@version's."
    )
    forked: str | None = Field(
        None,
        pattern=r"^PRIVATE\+KEY\+.+",
        description="Sign another tree with this key (the text of a note signer).",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.make, self.substitute, self.forked)) != 1:
            raise ValueError("needs exactly one of tampered, substitute, forked")
        return self

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: sumdb-lookup}, do: {sumdb: tampered}}",
            "A hash that is not the module's, in a record that is not in the tree.",
            "The signature stays that of the true tree, so a client that checks finds out.",
        ),
        Example(
            "{where: {endpoint: sumdb-lookup}, do: {sumdb:"
            " {substitute: github.com/spf13/cobra@v1.7.0}}}",
            "A true record, of another module (CVE-2026-42501).",
            "Taken from the origin itself, signature and all.",
        ),
        Example(
            "{where: {endpoint: [sumdb-lookup, sumdb-latest]}, do: {sumdb: {forked:"
            " PRIVATE+KEY+sum.golang.org+51515be0+AfQ6MSfiJ4QaylQdK48hgCzLJQs7NAzTFFwFK4ZHBq1L}}}",
            "A tree of the same size with another root, rightly signed: a client that has seen the"
            " true one cries SECURITY ERROR.",
            "By x/mod/sumdb/client.go, not measured here. Tiles stay those of the true tree:"
            " a client without history notices them instead.",
        ),
    )
