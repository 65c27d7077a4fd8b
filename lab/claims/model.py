"""What a file of claims may say: the sentences of one family, and the replays that decide them."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from faults.model.where import Where
from faults.rules import Do
from lab.results.model import ArmName
from lab.scenario.commands import Change, Commands
from lab.scenario.fault import Fault, Rules
from lab.spec.client import ClientSpec
from lab.spec.expectations import Expected
from lab.spec.schema import Name, OneWord, Part, Text, as_list
from lab.spec.sources import Citation
from lab.world.model import World

ID = r"^[A-Z][0-9]{2}$"


class Proof(Part):
    """A small replay, or an arm of a scenario, and what its output means for the claim.

    In a case, what is said replaces what the claim says; `client` is laid over the claim's.
    """

    scenario: OneWord | None = None
    """A scenario of the catalogue, or one of its variants, instead of a replay of one's own."""
    arm: ArmName = "broken"
    """In which of its arms."""
    world: World = World()
    """What is needed beyond the base world."""
    client: ClientSpec = ClientSpec()
    before: Commands | None = None
    """What the client did while all was well; must succeed."""
    where: Where = Where()
    do: Do | None = None
    """With `where`, a fault without a name."""
    faults: Rules = []
    """As in a scenario."""
    break_: Change = Change()
    """What else differs. Where something breaks, what is seen without it says what is silent."""
    run: Commands | None = None
    """The commands; all but the last must succeed, and the last one is judged."""
    limit: Annotated[float, Field(gt=0, le=600)] = 20.0
    """Seconds after which the lab ends a command."""
    holds: Expected | None = None
    """What is seen if the claim is true."""
    refuted: Expected | None = None
    """What is seen if it is not. What is neither, or both, decides nothing, and is an error."""

    @property
    def commands(self) -> list[str]:
        """The commands in their order."""
        return as_list(self.run)

    @property
    def rules(self) -> list[Fault]:
        """Every fault."""
        own = [Fault(name="fault", where=self.where, do=self.do)] if self.do else []
        return [*own, *self.faults]


class Case(Part):
    """One of the replays that decide a claim, with all that it takes from the claim."""

    name: str
    """What is particular to it; empty where there is only one."""
    proof: Proof

    @model_validator(mode="after")
    def _complete(self) -> Self:
        proof, place = self.proof, f"case {self.name!r}: " if self.name else ""
        if (proof.scenario is None) == (proof.run is None):
            raise ValueError(f"{place}say either `run` or `scenario`")
        if proof.holds is None or proof.refuted is None:
            raise ValueError(f"{place}say what is seen if it `holds`, and if it is `refuted`")
        return self


class Claim(Proof):
    """A sentence of the documents; what it says of a replay is for all of its cases."""

    id: Annotated[str, Field(pattern=ID)]
    says: Text
    """The claim in one sentence of ours."""
    sources: Annotated[list[Citation], Field(min_length=1)]
    cases: dict[Text, Proof] = {}
    """What is particular in it -> a replay; the claim is true if it is in each."""
    needs: list[OneWord] = []
    """Programs, beside go, without which it cannot be tested where they are missing."""
    untestable: Text | None = None
    """Why no lab can decide it; then there is no replay."""

    @property
    def replays(self) -> list[Case]:
        """Return its cases, each complete."""
        if self.untestable:
            return []
        own = {name: getattr(self, name) for name in self.model_fields_set & {*Proof.model_fields}}
        found = []
        for name, case in (self.cases or {"": Proof()}).items():
            said: dict[str, Any] = {n: getattr(case, n) for n in case.model_fields_set}
            if "client" in said:
                said["client"] = self.client.overlaid(case.client)
            found.append(Case(name=name, proof=Proof.model_construct(**{**own, **said})))
        return found

    @model_validator(mode="after")
    def _decidable(self) -> Self:
        if self.untestable and (self.cases or self.run or self.scenario):
            raise ValueError("`untestable` has no replay")
        assert self.replays or self.untestable
        return self


class Family(Part):
    """A file of claims."""

    family: Name
    title: Text
    claims: list[Claim]
