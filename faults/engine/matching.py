"""Chooses the rules that apply: an index of `where`, and counts that decide by seed.

For each word of `where` the index keeps which rules accept a value, as bits of one integer, and
remembers the outcome per value. An exchange costs a few dictionary look-ups and ANDs, however many
rules there are that cannot match it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from faults.model.base import Stage
from faults.model.where import TESTS, UNCACHED, Where
from faults.rules import Rule
from faults.traffic.decision import RuleState, draw

Facts = Mapping[str, Any]
CACHED = 4096


class ArmedRule(RuleState):
    """A rule at work: its counters and its switch."""

    def __init__(self, rule: Rule, seed: int, *, on: bool = True) -> None:
        super().__init__(rule.name, seed, on)
        self.rule = rule
        self.actions = tuple(rule.do)
        self._of_connection: dict[str, int] = {}

    def decide(self, connection: str) -> int:
        """Count one more match; return its number if the rule acts on it, else 0."""
        self.seen += 1
        number = self._number(connection) if self.rule.where.per else self.seen
        return number if acts_on(self.rule.where, self.seed, self.name, number) else 0

    def _number(self, connection: str) -> int:
        """Return which match of a connection this is, from 1; the longest unseen is forgotten."""
        counts = self._of_connection
        counts[connection] = number = counts.pop(connection, 0) + 1
        if len(counts) > CACHED:
            del counts[next(iter(counts))]
        return number


def acts_on(where: Where, seed: int, name: str, match: int) -> bool:
    """Say whether a rule acts on its `match`-th match (from 1): the same for the same seed."""
    count = match - (where.after or 0)
    if count < 1:
        return False
    if where.nth is not None and count not in where.nth:
        return False
    if where.first is not None and count > where.first:
        return False
    if where.every is not None and (where.every == 0 or count % where.every):
        return False
    return where.chance is None or draw(seed, name, match) < where.chance


class _Column:
    """Which rules of one stage accept which value of one word."""

    def __init__(self, name: str, rules: Sequence[Rule]) -> None:
        self.tests: list[tuple[int, Callable[[Any], bool]]] = []
        self.unasked = 0
        self.cached = name not in UNCACHED
        self.cache: dict[Any, int] = {}
        for place, rule in enumerate(rules):
            wanted = getattr(rule.where, name.replace("-", "_"))
            if wanted is None:
                self.unasked |= 1 << place
            else:
                self.tests.append((1 << place, TESTS[name](wanted)))

    def accepting(self, value: Any, among: int) -> int:
        """Return the bits of the rules in `among` that accept `value`."""
        if not self.cached:
            bits = self.unasked
            for bit, test in self.tests:
                if among & bit and test(value):
                    bits |= bit
            return among & bits
        known = self.cache.get(value)
        if known is None:
            known = self.unasked
            for bit, test in self.tests:
                if test(value):
                    known |= bit
            if len(self.cache) >= CACHED:
                self.cache.clear()
            self.cache[value] = known
        return among & known


class Index:
    """The rules of one stage, found by what they are about."""

    def __init__(self, armed: Sequence[ArmedRule]) -> None:
        self.armed = tuple(armed)
        rules = [one.rule for one in self.armed]
        used = set().union(*(rule.where.words_used() for rule in rules)) if rules else set()
        self.columns = {
            name: _Column(name, rules) for name in sorted(used, key=lambda name: name in UNCACHED)
        }
        self.all_bits = (1 << len(rules)) - 1

    def matching(self, facts: Facts) -> Iterator[ArmedRule]:
        """Yield the armed rules whose traffic words all accept `facts`, in their order."""
        bits = self.all_bits
        for name, column in self.columns.items():
            if not bits:
                return
            bits = column.accepting(facts[name], bits)
        while bits:
            lowest = bits & -bits
            yield self.armed[lowest.bit_length() - 1]
            bits ^= lowest


def indexes(armed: Sequence[ArmedRule]) -> dict[Stage, Index]:
    """Sort rules into one index per stage."""
    return {stage: Index([one for one in armed if one.rule.stage is stage]) for stage in Stage}
