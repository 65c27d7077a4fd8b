"""Serves a damaged or a different zip."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from faults.actions.module._base import fetch
from faults.model.action import Action, Detail, Example
from faults.model.base import Bytes
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Zip(Action):
    """Serve a damaged or a different zip."""

    short = "make"
    needs = frozenset({"zip"})
    order = 90

    make: Literal["bit-flip", "wrong-prefix"] | None = Field(
        None, description="One bit of file data flipped; or every file under another version."
    )
    truncate: Bytes | None = Field(None, description="Keep only so many bytes.")
    of: str | None = Field(
        None, description="The files of this version, under the names of the one asked for."
    )
    patch: dict[str, str] | None = Field(
        None, description="Replace text in the files; the zip is made anew and is valid."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.make, self.truncate, self.of, self.patch)) != 1:
            raise ValueError("needs exactly one of make, truncate, of, patch")
        return self

    @property
    def remembers(self) -> bool:
        """Whether the seed chooses a bit for each match."""
        return self.make == "bit-flip"

    async def on_response(self, decision: Decision, exchange: Exchange) -> Detail:
        """Serve a damaged or a different zip."""
        if not exchange.is_good("zip"):
            return None
        from faults.goproto import zips

        before = exchange.response.content or b""
        prefix = f"{exchange.facts['module']}@{exchange.facts['version']}/"
        detail: dict[str, Any] = {}
        if self.truncate is not None:
            after = before[: self.truncate]
        elif self.of is not None:
            after = zips.renamed((await fetch(exchange, f"@v/{self.of}.zip")).body, prefix)
            detail["of"] = self.of
        elif self.patch is not None:
            after = zips.patched(before, self.patch)
        elif self.make == "wrong-prefix":
            after = zips.renamed(before, f"{exchange.facts['module']}@v0.0.0-wrong/")
        else:
            after, detail["bit"] = zips.flipped(before, decision.draw("bit"))
        if after == before:
            return None
        exchange.response.content = after
        return {**detail, "bytes": [len(before), len(after)]}

    examples = (
        Example(
            "{where: {endpoint: zip, version: v1.8.0}, do: {zip: {of: v1.6.1}}}",
            "Old code under the new name; silent without checksums.",
            "Files are packed anew, so the bytes differ from any real zip of either version.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {zip: {truncate: 200}}}",
            "go: `zip: not a valid zip file`.",
            "The length announced agrees with what is sent: a file cut on disk, not in transit.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {zip: bit-flip}}",
            "go: `flate: corrupt input`, or a checksum mismatch.",
            "The seed chooses the bit within the first file's packed data.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {zip: wrong-prefix}}",
            "go: `zip for … has unexpected file`.",
            "Packed anew under version v0.0.0-wrong.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {zip: {patch: {'const Version': 'const version'}}}}",
            "Valid and wrong: only checksums tell.",
            "In every file; packed anew.",
        ),
    )
