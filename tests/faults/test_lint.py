"""Rules that can never act are named, and no others."""

from __future__ import annotations

import pytest

from faults import rules
from faults.lint import lint

NEVER_ACT = [
    ("{where: {chance: 0}, do: {stall: 1}}", "chance: 0 is never"),
    ("{where: {first: 0}, do: {stall: 1}}", "first: 0 is never"),
    ("{where: {every: 0}, do: {stall: 1}}", "every: 0 is never"),
    ("{where: {nth: [0]}, do: {stall: 1}}", "nth: 0 is never"),
    ("{where: {nth: 5, first: 3}, do: {stall: 1}}", "nth is beyond first"),
    ("{where: {nth: [0], first: 3}, do: {stall: 1}}", "nth: 0 is never"),
    ("{where: {nth: [3, 5], every: 2}, do: {stall: 1}}", "nth is no multiple of every"),
    ("{where: {first: 2, every: 3}, do: {stall: 1}}", "first ends before every"),
    ("{where: {endpoint: zip}, do: {stale-list: v1.0.0}}", "stale-list is for latest, list, not"),
    ("{where: {endpoint: list, version: v1.0.0}, do: {stall: 1}}", "list has no version"),
    ("{where: {endpoint: sumdb-tile, module: a.b/c}, do: {stall: 1}}", "sumdb-tile has no module"),
    ("{where: {path: /a.b/c/@v/list, endpoint: zip}, do: {stall: 1}}", "its path is no endpoint"),
    ("{where: {path: /a.b/c/@v/list, module: x.y/z}, do: {stall: 1}}", "its path is no module"),
    ("{where: {endpoint: list, path: '*.zip'}, do: {stall: 1}}", "its path is no endpoint list"),
    (
        "{where: {endpoint: [mod, info], path: ['/a/*.zip', '*/@latest']}, do: {stall: 1}}",
        "its path is no endpoint info, mod",
    ),
    ("{where: {version: '>=v1.5 <v1.2'}, do: {stall: 1}}", "no version is >=v1.5 <v1.2"),
    ("{do: {stale-list: {without: '>v1.0.0 <v1.0.0'}}}", "no version is >v1.0.0 <v1.0.0"),
    ("{where: {status: 404}, do: {auth-fallback: empty}}", "acts only on 401 and 403"),
]


@pytest.mark.parametrize(("rule", "reason"), NEVER_ACT)
def test_rules_that_can_never_act_are_named(rule: str, reason: str) -> None:
    ((name, said),) = lint(rules.parse(f"[{rule}]"))
    assert name == "rule-1"
    assert reason in said


CAN_ACT = [
    "{where: {version: ['>v2 <=v2', v1.0.0]}, do: {stall: 1}}",
    "{where: {version: '>=v2 <=v2'}, do: {stall: 1}}",
    "{where: {version: '>=v1.2.0 <v2'}, do: {stall: 1}}",
    "{where: {endpoint: list, path: ['*.zip', '*ist']}, do: {stall: 1}}",
    "{where: {endpoint: [list, zip], path: '/a.b/*.zip'}, do: {stall: 1}}",
    "{where: {endpoint: info, path: '/?.b/[a-z]/@v/v1.*'}, do: {stall: 1}}",
    "{where: {endpoint: git, path: '/any*'}, do: {stall: 1}}",
    "{where: {nth: [0, 4], first: 4, every: 2}, do: {stall: 1}}",
    "{do: {stale-list: {without: '>v1 <v1', as-of: 2023-06-01T00:00:00Z}}}",
]


@pytest.mark.parametrize("rule", CAN_ACT)
def test_rules_that_can_act_are_not_named(rule: str) -> None:
    assert lint(rules.parse(f"[{rule}]")) == []


def test_a_rule_behind_one_that_always_answers_never_acts() -> None:
    found = lint(
        rules.parse("""
        - {name: all, where: {host: [a.b, c.d]}, do: {respond: 503}}
        - {name: one, where: {host: a.b, endpoint: list}, do: {respond: 404}}
        - {name: other, where: {host: e.f}, do: {respond: 404}}
        - {name: changed, where: {host: a.b}, do: {response-headers: {drop: Age}}}
        - {name: gone, where: {query: a.b}, do: {dns: nxdomain}}
        - {name: late, where: {query: a.b}, do: {dns: drop}}
    """)
    )
    assert [one.name for one in found] == ["one", "late"]
