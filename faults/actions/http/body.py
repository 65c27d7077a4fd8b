"""Changes the answer's body."""

import codecs
import gzip
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from faults.model.action import Action, Detail, Example
from faults.model.base import Bytes, Frozen, OneOrMany
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Patch(Frozen):
    """One replacement in a body."""

    find: str = Field(min_length=1)
    with_: str = ""


class Body(Action):
    """Change the answer's body; Content-Length follows."""

    short = "make"
    order = 80

    make: Literal["empty", "bom", "utf-16", "gzip"] | None = Field(
        None,
        description="empty; behind a byte order mark; in UTF-16, with its mark; or gzipped without"
        " saying so.",
    )
    text: str | None = Field(None, description="This instead.")
    patch: Annotated[tuple[Patch, ...], OneOrMany()] | None = Field(
        None, description="Replace every occurrence."
    )
    truncate: Bytes | None = Field(None, description="Keep only so many bytes.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len([name for name in self.model_fields_set if getattr(self, name) is not None]) != 1:
            raise ValueError(
                "needs exactly one of make (empty, bom, utf-16, gzip), text, patch, truncate"
            )
        return self

    async def on_response(self, decision: Decision, exchange: Exchange) -> Detail:
        """Change the body."""
        response = exchange.response
        before = response.content or b""
        if self.text is not None:
            after = self.text.encode()
        elif self.truncate is not None:
            after = before[: self.truncate]
        elif self.patch is not None:
            after = before
            for patch in self.patch:
                after = after.replace(patch.find.encode(), patch.with_.encode())
        else:
            after = _made(self.make, before)
        if after == before:
            return None
        response.content = after
        return {"bytes": [len(before), len(after)]}

    examples = (
        Example(
            "{where: {endpoint: list}, do: {body: empty}}",
            "200 with nothing; go: no versions, exit 0.",
            "The other headers stay.",
        ),
        Example(
            "{where: {endpoint: list}, do: {body: bom}}",
            "A UTF-8 byte order mark in front; go drops the first version, silently.",
            "As files saved by some editors.",
        ),
        Example(
            "{where: {endpoint: list}, do: {body: utf-16}}",
            "The text in UTF-16, little endian, behind its mark; go reads an empty list.",
            "As a file that some shells of Windows have written.",
        ),
        Example(
            "{where: {endpoint: list}, do: {body: gzip}}",
            "Compressed bytes without Content-Encoding; go reads an empty list.",
            "As a cache that forgets the header.",
        ),
        Example(
            "{where: {endpoint: list}, do: {body: {text: 'v9.9.9'}}}",
            "That text.",
            "The Content-Type stays the origin's.",
        ),
        Example(
            "{where: {endpoint: info}, do: {body: {patch: {find: v1.8.0, with: v1.7.0}}}}",
            "The origin's answer with every occurrence replaced.",
            "On the decoded body; a Content-Encoding is kept.",
        ),
        Example(
            "{where: {endpoint: list}, do: {body: {truncate: 7}}}",
            "Seven bytes, and a Content-Length that agrees: nobody can tell.",
            "As a file cut on the proxy's disk. For a cut connection see half-close.",
        ),
    )


def _made(what: str | None, body: bytes) -> bytes:
    match what:
        case "bom":
            return codecs.BOM_UTF8 + body
        case "utf-16":
            return codecs.BOM_UTF16_LE + body.decode("utf-8", "replace").encode("utf-16-le")
        case "gzip":
            return gzip.compress(body, mtime=0)
    return b""
