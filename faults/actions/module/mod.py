"""Serves another go.mod."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from faults.actions.module._base import edit_mod
from faults.model.action import Action, Detail, Example
from faults.model.base import OneOrMany
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


def _module(path: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~/-]+", path):
        raise ValueError(f"bad module path {path!r}: write it out as in go.mod, without globs")
    return path


class Mod(Action):
    """Serve another go.mod than the module's."""

    short = "make"
    needs = frozenset({"mod"})
    order = 80

    make: Literal["stripped"] | None = Field(
        None, description="`stripped`: only the module and go lines, so the graph shrinks."
    )
    without: Annotated[tuple[Annotated[str, AfterValidator(_module)], ...], OneOrMany()] = Field(
        (), description="Modules whose requirements go."
    )
    add: str = Field("", description="Lines put at the end.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.make or self.without or self.add):
            raise ValueError("needs stripped, `without` or `add`")
        return self

    async def on_response(self, decision: Decision, exchange: Exchange) -> Detail:
        """Serve another go.mod."""

        def edit(text: str) -> str:
            if self.make == "stripped":
                kept = re.findall(r"(?m)^(?:module|go)[ \t][^\n]*$", text)
                text = "\n\n".join(kept) + "\n"
            for gone in self.without:
                text = re.sub(rf"(?m)^[^\n]*(?<![\w./-]){re.escape(gone)}[ \t][^\n]*\n?", "", text)
            return text + (self.add.rstrip("\n") + "\n" if self.add else "")

        return edit_mod(exchange, edit)

    examples = (
        Example(
            "{where: {endpoint: mod}, do: {mod: stripped}}",
            "`go list -m all` is shorter, exit 0, with the checksum database off.",
            "The .zip keeps the true go.mod; go never compares the two.",
        ),
        Example(
            "{where: {endpoint: mod}, do: {mod: {without: example.org/dep}}}",
            "One requirement is missing.",
            "By lines, not by syntax: a commented-out line goes, too.",
        ),
        Example(
            "{where: {endpoint: mod}, do: {mod: {add: 'require evil.example/x v1.0.0'}}}",
            "One requirement too many.",
            "Whatever you write.",
        ),
    )
