"""What an action says of itself."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from faults.model.action import Action
from faults.registry import ACTIONS
from faults.rules import from_data

USES_THE_PAST = re.compile(r"decision\.(match|state|draw)\b|jitter")


@pytest.mark.parametrize("kind", [kind for _, _, kind in ACTIONS], ids=lambda kind: kind.__name__)
def test_an_action_that_uses_the_past_or_the_seed_says_that_it_remembers(
    kind: type[Action],
) -> None:
    module = inspect.getmodule(kind)
    assert module
    uses = bool(USES_THE_PAST.search(inspect.getsource(module)))
    assert uses == ("remembers" in vars(kind))


@pytest.mark.parametrize(
    ("where", "do", "remembers"),
    [
        ({}, {"respond": 503}, False),
        ({"endpoint": "list", "version": "v1"}, {"respond": 503}, False),
        ({"nth": 2}, {"respond": 503}, True),
        ({"first": 1}, {"respond": 503}, True),
        ({"after": 1}, {"respond": 503}, True),
        ({"every": 2}, {"respond": 503}, True),
        ({"chance": 0.5}, {"respond": 503}, True),
        ({"until": "2s"}, {"respond": 503}, True),
        ({"until": "switch"}, {"respond": 503}, True),
        ({}, {"dns": "nxdomain"}, False),
        ({}, {"dns": {"flap": ["pass", "drop"]}}, True),
        ({}, {"stale-list": {"without": "v1"}}, False),
        ({}, {"stale-list": {"without": "v1", "replicas": 2}}, True),
        ({}, {"zip": {"truncate": 3}}, False),
        ({}, {"zip": "bit-flip"}, True),
        ({}, {"negative-cache": 3}, True),
        ({}, {"latency": 1}, False),
        ({}, {"latency": {"delay": 1, "jitter": 1}}, True),
    ],
)
def test_a_rule_remembers_if_its_where_counts_or_its_action_does(
    where: dict[str, Any], do: dict[str, Any], remembers: bool
) -> None:
    (rule,) = from_data([{"name": "rule", "where": where, "do": do}])
    assert rule.remembers is remembers
