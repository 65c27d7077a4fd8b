"""The rules at work: arming, changing and switching them while traffic flows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from faults.engine.matching import ArmedRule, Facts, Index, indexes
from faults.model.action import Action
from faults.model.base import Stage
from faults.nearest import nearest
from faults.rules import Rule, unique

Changed = Callable[[Sequence[ArmedRule]], None]


class Ruleset:
    """Rules, their counters and their switches. Every change is one assignment, hence atomic.

    Args:
        changed: told which rules have come, gone, or been switched.
    """

    def __init__(self, changed: Changed) -> None:
        self._changed = changed
        self._seed = 0
        self._start = time.monotonic()
        self._thrown: frozenset[str] = frozenset()
        self._armed: tuple[ArmedRule, ...] = ()
        self._index: dict[Stage, Index] = indexes(())

    def __iter__(self) -> Iterator[ArmedRule]:
        return iter(self._armed)

    def arm(self, rules: Sequence[Rule], seed: int, *, on: bool = True) -> None:
        """Replace all rules, counters and switches; all are on, or all off."""
        unique(rules)
        before = self._armed
        self._seed, self._start, self._thrown = seed, time.monotonic(), frozenset()
        self._set([ArmedRule(rule, seed, on=on) for rule in rules])
        self._off(before)
        self._changed([*before, *self._armed])

    def add(self, rules: Sequence[Rule], *, on: bool = True) -> None:
        """Put rules behind those there are; one of the same name takes the other's place.

        Raises:
            ValueError: two of the new rules share a name.
        """
        unique(rules)
        new = {rule.name: ArmedRule(rule, self._seed, on=on) for rule in rules}
        replaced = [one for one in self._armed if one.name in new]
        kept = [new.get(one.name, one) for one in self._armed]
        self._set([*kept, *(one for one in new.values() if one not in kept)])
        self._off(replaced)
        self._changed([*replaced, *new.values()])

    def remove(self, name: str) -> None:
        """Take a rule away.

        Raises:
            ValueError: there is none of that name.
        """
        gone = self._named(name)
        self._set([one for one in self._armed if one is not gone])
        self._off([gone])
        self._changed([gone])

    def switch(self, name: str, *, on: bool) -> None:
        """Switch a rule on or off; it keeps its counters, and forgets what it remembered.

        Raises:
            ValueError: there is none of that name.
        """
        one = self._named(name)
        if one.on is not on:
            one.on = on
            one.memory.clear()
            self._changed([one])

    def throw(self, switch: str) -> None:
        """Throw a switch that rules name in `until`: they act no more.

        Raises:
            ValueError: no rule names it.
        """
        known = {until for one in self._armed if isinstance(until := one.rule.where.until, str)}
        if switch not in known:
            raise ValueError(f"no rule has a switch {switch!r}{nearest(switch, known)}")
        self._thrown |= {switch}
        self._changed([one for one in self._armed if one.rule.where.until == switch])

    def acting(self, one: ArmedRule) -> bool:
        """Say whether a rule is armed, on, and not past its `until`."""
        until = one.rule.where.until
        if isinstance(until, str):
            return one.on and until not in self._thrown
        return one.on and (until is None or time.monotonic() - self._start < until)

    def acts(self, name: str) -> bool:
        """Say whether there is a rule of this name that is acting."""
        return any(one.name == name and self.acting(one) for one in self._armed)

    def decided(self, stage: Stage, facts: Facts) -> Iterator[tuple[ArmedRule, int, str, Action]]:
        """Yield (rule, number of the match, word, action) for all that is done to this traffic."""
        for one in self._index[stage].matching(facts):
            if self.acting(one) and (match := one.decide(facts["connection"])):
                for word, action in one.actions:
                    yield one, match, word, action

    def status(self) -> list[dict[str, Any]]:
        """Return each rule with its switch and counters, JSON-able."""
        return [
            {
                **one.rule.model_dump(mode="json", by_alias=True, exclude_none=True),
                "on": one.on,
                "acting": self.acting(one),
                "seen": one.seen,
                "hits": one.hits,
            }
            for one in self._armed
        ]

    def _named(self, name: str) -> ArmedRule:
        for one in self._armed:
            if one.name == name:
                return one
        known = [one.name for one in self._armed]
        raise ValueError(f"there is no rule {name!r}{nearest(name, known)}")

    def _set(self, armed: Sequence[ArmedRule]) -> None:
        self._index, self._armed = indexes(armed), tuple(armed)

    @staticmethod
    def _off(gone: Iterable[ArmedRule]) -> None:
        for one in gone:
            one.on = False
