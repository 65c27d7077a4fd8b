"""What a scenario file may say. The JSON Schema for editors is made from these classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from faults.validation import PlacedError
from lab.scenario.commands import Change, Repair, Replay
from lab.scenario.fault import Fault, Rules
from lab.scenario.origin import OriginChange
from lab.scenario.record import Record
from lab.scenario.variants import MAX_VARIANTS, Axis, AxisName, ByGo, GoVersion, Pattern, Variant
from lab.spec.client import ClientSpec
from lab.spec.schema import Name, Part, Text
from lab.spec.sources import Citation
from lab.world.model import World

Family = Literal[
    "auth",
    "versions",
    "fallback",
    "transport",
    "configuration",
    "checksums",
    "cache",
    "field",
    "controls",
]

_ONLY_OF_FAILURES = ("silent", "repair", "break")
_BY_KIND: JsonDict = {
    "if": {"properties": {"kind": {"const": "control"}}, "required": ["kind"]},
    "then": {
        "properties": {
            **dict.fromkeys(_ONLY_OF_FAILURES, False),
            "replay": {"properties": {"broken": False, "repaired": False}},
            "diagnostics": {"properties": {"detect": False, "miss": False}},
        }
    },
    "else": {
        "required": ["sources", "silent", "repair"],
        "properties": {
            "replay": {"required": ["broken"]},
            "diagnostics": {"properties": {"right": False}},
        },
    },
}


class Scenario(Part):
    """One documented failure: a world, a client, faults, a replay, what must be seen.

    A control is a set-up that is unusual and healthy. It has one arm, in which its faults hold.
    """

    model_config = ConfigDict(json_schema_extra=_BY_KIND)

    id: Name
    title: Text
    family: Family
    kind: Literal["failure", "myth", "control"] = "failure"
    """A `myth` is documented as silent, and real Go refutes it; a `control` is healthy."""
    sources: Annotated[list[Citation], Field(min_length=1)] = []
    story: Text
    """What happened, to whom, in about four lines."""
    world: World = World()
    """What this scenario needs beyond the base world."""
    client: ClientSpec = ClientSpec()
    origin: OriginChange = OriginChange()
    """How the origin stands while all is well, where that differs from the world as it is built."""
    faults: Rules = []
    """The rules of the broken arm. Each must fire there, or the run proves nothing; one that is
    `always` there holds in all arms, and one that `fires: never` must not fire."""
    break_: Change = Change()
    """What else is different in the broken arm."""
    replay: Replay
    silent: bool = False
    """Whether the broken arm exits as the healthy one does, and something else differs: what came
    of it, or who was asked."""
    slow: bool = False
    """Whether a replay takes more than ten seconds, nearly all of which it waits."""
    repair: Repair = Repair.model_construct(how="")
    diagnostics: Record
    matrix: Annotated[dict[AxisName, Axis], Field(min_length=1, max_length=6)] = {}
    """Axis -> its values; each combination is a variant, and `{axis}` stands for the value."""
    variants: Annotated[dict[Pattern, Variant], Field(max_length=MAX_VARIANTS)] = {}
    """Name -> what is laid over the scenario; with a matrix, patterns of its combinations."""
    since: GoVersion | None = None
    """The first Go version that has what this is about; with an older one it is skipped."""
    until: GoVersion | None = None
    """The last one."""
    go: Annotated[list[ByGo], Field(max_length=10)] = []
    """What differs with some Go versions."""
    lesson: Text
    hints: list[Text] = []
    """For a workshop: from vague to plain."""

    @property
    def is_control(self) -> bool:
        """Whether it has one arm only, a healthy one."""
        return self.kind == "control"

    @property
    def breaks(self) -> bool:
        """Whether anything is another in the broken arm: what goes through, loudly or silently.

        In some myths nothing is: what was to break go does not break it.
        """
        return not self.is_control and (self.silent or self.replay.differs)

    @property
    def circumstances(self) -> Sequence[Fault]:
        """The rules that hold in every arm."""
        return [fault for fault in self.faults if fault.always or self.is_control]

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        parts: dict[str, Part] = {"": self, "replay": self.replay, "diagnostics": self.diagnostics}
        foreign, needed = (_OF_FAILURES, ()) if self.is_control else (_OF_CONTROLS, _NEEDED)
        for part, key in foreign:
            if key in _said(parts[part]):
                kind = "a control is healthy" if self.is_control else "this is no control"
                raise PlacedError(f"{kind}: drop `{key}`", *filter(None, (part, key)))
        for part, key in needed:
            if key not in _said(parts[part]):
                raise PlacedError(f"the key {key!r} is missing", *filter(None, (part,)))
        breaks = len(self.faults) > len(self.circumstances) or self.break_ != Change()
        if not self.is_control and not breaks and not self.variants and not self.matrix:
            raise ValueError("nothing breaks: there are neither `faults` nor a `break`")
        return self


_OF_FAILURES = (
    *(("", key) for key in _ONLY_OF_FAILURES),
    *(("replay", "broken"), ("replay", "repaired"), ("diagnostics", "detect")),
    ("diagnostics", "miss"),
)
_OF_CONTROLS = (("diagnostics", "right"),)
_NEEDED = (("", "sources"), ("", "silent"), ("", "repair"), ("replay", "broken"))


def _said(part: Part) -> set[str]:
    """Return the keys that are written in a part of the file."""
    return {name.rstrip("_") for name in part.model_fields_set}
