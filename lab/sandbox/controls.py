"""What golab asks of a running edge and of a running origin, as methods with types.

Each is given what sends one request, a JSON-able mapping, and returns the value of its answer; the
commands are those of `faults.control` and `lab.origin.control`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # a sandbox starts before the rest of golab is loaded
    from faults.rules import Rule
    from lab.origin.state import OriginState

Call = Callable[[Mapping[str, Any]], Any]
Record = dict[str, Any]


class Records(NamedTuple):
    """Records of a ledger or a log, and how many there ever were with those."""

    records: list[Record]
    total: int


class EdgeControl:
    """The rules and the ledger of an edge.

    All methods raise LabError: the edge has gone, or refuses.
    """

    def __init__(self, call: Call) -> None:
        self.send = call

    def arm(self, rules: Sequence[Rule], *, seed: int = 0, on: bool = True) -> list[str]:
        """Replace all rules, with fresh counters and an empty ledger.

        Returns:
            warnings: which of the rules can never act, and why.
        """
        asked = {"do": "arm", "rules": as_data(rules), "seed": seed, "on": on}
        warnings: list[str] = self.send(asked)
        self.send({"do": "clear"})
        return warnings

    def add(self, rules: Sequence[Rule], *, on: bool = True) -> list[str]:
        """Put rules behind those there are; one of the same name takes the other's place.

        Returns:
            warnings: which of all the rules can never act, and why.
        """
        warnings: list[str] = self.send({"do": "add", "rules": as_data(rules), "on": on})
        return warnings

    def remove(self, name: str) -> None:
        """Remove a rule."""
        self.send({"do": "remove", "name": name})

    def switch(self, name: str, *, on: bool) -> None:
        """Switch a rule on or off."""
        self.send({"do": "on" if on else "off", "name": name})

    def rules(self) -> list[Record]:
        """Return each rule in its order: `name`, `where`, `do`, `on`, `acting`, `seen`, `hits`."""
        found: list[Record] = self.send({"do": "list"})
        return found

    def fired(self) -> dict[str, int]:
        """Return how often each rule has acted since it was armed."""
        counts: dict[str, int] = self.send({"do": "fired"})
        return counts

    def ledger(self, after: int = 0) -> Records:
        """Return every query, handshake and request, without the first `after` there ever were."""
        return Records(**self.send({"do": "ledger", "after": after}))


class OriginControl:
    """The state and the access log of an origin.

    All methods raise LabError: the origin has gone, or refuses.
    """

    def __init__(self, call: Call) -> None:
        self.send = call

    def state(self) -> OriginState:
        """Return the state that the origin is in."""
        from lab.origin.state import OriginState

        return OriginState.from_json(self.send({"do": "state"}))

    def set(self, state: OriginState) -> None:
        """Put the origin into a state; the next request sees it."""
        self.send({"do": "set", "state": state.to_json()})

    def log(self, after: int = 0) -> Records:
        """Return the access log, without the first `after` entries that there ever were."""
        return Records(**self.send({"do": "log", "after": after}))


_TRAVELS = ("name", "where", "do")
"""A scenario says more of a rule, which is not for the edge."""


def as_data(rules: Sequence[Rule]) -> list[Record]:
    """Return rules in the form in which they travel to an edge."""
    return [
        rule.model_dump(mode="json", by_alias=True, exclude_defaults=True, include={*_TRAVELS})
        for rule in rules
    ]
