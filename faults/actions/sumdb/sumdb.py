"""Serves a checksum database that lies."""

import re
from typing import Literal, Self

from pydantic import Field, model_validator

from faults.goproto import urls
from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange

_HASH = re.compile(r"h1:(.)(.{42}=)")


class Sumdb(Action):
    """Serve a checksum database that lies."""

    short = "make"
    needs = frozenset({"sumdb-lookup", "sumdb-latest", "sumdb-tile"})
    order = 10

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

    async def on_response(self, decision: Decision, exchange: Exchange) -> Detail:
        """Serve a checksum database that lies."""
        if exchange.response.status_code != 200 or exchange.facts["endpoint"] not in self.needs:
            return None
        before = exchange.response.content or b""
        if self.substitute is not None:
            return await _substitute(self.substitute, exchange)
        if self.forked is not None:
            from faults.goproto import signed_note

            signer = signed_note.signer(self.forked)
            other = signed_note.forked(before.decode("utf-8", "replace"), signer)
            after = before if other is None else other.encode()
        elif exchange.facts["endpoint"] == "sumdb-tile":
            after = bytes([before[0] ^ 1]) + before[1:] if before else before
        else:
            after = _tampered(before)
        if after == before:
            return None
        exchange.response.content = after
        return {"make": "forked" if self.forked else "tampered"}

    examples = (
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


def _tampered(message: bytes) -> bytes:
    """Change the first letter of every hash, or of the tree where there is none."""
    text = message.decode("utf-8", "replace")
    changed = _HASH.sub(lambda found: f"h1:{'B' if found[1] == 'A' else 'A'}{found[2]}", text)
    if changed == text:
        changed = re.sub(
            r"(go\.sum database tree\n\d+\n)(.)",
            lambda found: found[1] + ("B" if found[2] == "A" else "A"),
            text,
        )
    return changed.encode()


async def _substitute(other: str, exchange: Exchange) -> Detail:
    if exchange.facts["endpoint"] != "sumdb-lookup":
        return None
    from faults.traffic import upstream

    before, _, _ = exchange.flow.request.path.rpartition("/lookup/")
    module, _, version = other.partition("@")
    path = urls.quoted(f"{before}/lookup/{urls.escape(module)}@{urls.escape(version)}")
    answer = await upstream.fetch(exchange.flow, path)
    if answer.status != 200:
        raise LookupError(f"the origin answered {answer.status} for {path}")
    exchange.response.content = answer.body
    return {"record-of": other}
