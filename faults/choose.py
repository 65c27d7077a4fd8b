"""Chooses the rules that apply: an index of `where`, and counts that decide by seed.

For each word of `where` the index keeps which rules accept a value, as bits of one integer, and
remembers the outcome per value. An exchange costs a few dictionary look-ups and ANDs, however many
rules there are that cannot match it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from faults.rules import Rule
from faults.vocabulary.base import Action, Stage
from faults.where import LIVE, TESTS, Where

Facts = Mapping[str, Any]
REMEMBERED = 4096


@dataclass(eq=False)
class Armed:
    """A rule at work: its counters and its switch."""

    rule: Rule
    seed: int
    on: bool = True
    seen: int = 0
    hits: int = 0
    since: float = field(default_factory=time.monotonic)
    memory: dict[str, Any] = field(default_factory=dict)
    actions: tuple[tuple[str, Action], ...] = field(init=False)

    def __post_init__(self) -> None:
        self.actions = tuple(self.rule.do)

    def decide(self) -> int:
        """Count one more match; return its number if the rule acts on it, else 0."""
        self.seen += 1
        return self.seen if acts_on(self.rule.where, self.seed, self.rule.name, self.seen) else 0


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


def draw(seed: int, name: str, match: int) -> float:
    """Return the number in [0, 1) that the seed holds for this match of this rule."""
    digest = hashlib.blake2b(f"{seed}/{name}/{match}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class _Word:
    """Which rules of one stage accept which value of one word."""

    def __init__(self, name: str, rules: Sequence[Rule]) -> None:
        self.tests: list[tuple[int, Callable[[Any], bool]]] = []
        self.indifferent = 0
        self.remember = name not in LIVE
        self.known: dict[Any, int] = {}
        for place, rule in enumerate(rules):
            wanted = getattr(rule.where, name.replace("-", "_"))
            if wanted is None:
                self.indifferent |= 1 << place
            else:
                self.tests.append((1 << place, TESTS[name](wanted)))

    def accepting(self, value: Any, among: int) -> int:
        """Return the bits of the rules in `among` that accept `value`."""
        if not self.remember:
            bits = self.indifferent
            for bit, test in self.tests:
                if among & bit and test(value):
                    bits |= bit
            return among & bits
        known = self.known.get(value)
        if known is None:
            known = self.indifferent
            for bit, test in self.tests:
                if test(value):
                    known |= bit
            if len(self.known) >= REMEMBERED:
                self.known.clear()
            self.known[value] = known
        return among & known


class Index:
    """The rules of one stage, found by what they are about."""

    def __init__(self, armed: Sequence[Armed]) -> None:
        self.armed = tuple(armed)
        rules = [one.rule for one in self.armed]
        used = set().union(*(rule.where.asked() for rule in rules)) if rules else set()
        self.words = {
            name: _Word(name, rules) for name in sorted(used, key=lambda name: name in LIVE)
        }
        self.everyone = (1 << len(rules)) - 1

    def matching(self, facts: Facts) -> Iterator[Armed]:
        """Yield the armed rules whose traffic words all accept `facts`, in their order."""
        bits = self.everyone
        for name, word in self.words.items():
            if not bits:
                return
            bits = word.accepting(facts[name], bits)
        while bits:
            lowest = bits & -bits
            yield self.armed[lowest.bit_length() - 1]
            bits ^= lowest


def indexes(armed: Sequence[Armed]) -> dict[Stage, Index]:
    """Sort rules into one index per stage."""
    return {stage: Index([one for one in armed if one.rule.stage is stage]) for stage in Stage}
