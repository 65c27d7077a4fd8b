"""Which rules apply: the index agrees with plain reading, and the seed decides the same."""

from __future__ import annotations

import fnmatch
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faults import rules
from faults.engine import matching
from faults.engine.matching import ArmedRule, Index, acts_on
from faults.model.base import Stage
from faults.model.where import FIELDS_AT, TESTS, Where
from faults.rules import Rule

HOSTS = ["proxy.golang.org", "goproxy.cn", "a.b"]
MODULES = ["github.com/spf13/cobra", "github.com/Azure/sdk", ""]
FACTS: dict[str, Any] = {
    "connection": "1", "client": "127.0.0.1",
    "port": 443, "address": ("127.0.0.1",), "age": 3.0, "sni": "goproxy.cn", "alpn": ("h2",),
    "host": "goproxy.cn", "path": "/x", "method": "GET", "header": {}, "endpoint": "list",
    "module": "github.com/spf13/cobra", "version": "", "status": 200, "content-type": "text/plain",
}  # fmt: skip


def where(text: str) -> Where:
    return rules.parse(f"[{{where: {text}, do: {{response-headers: {{drop: A}}}}}}]")[0].where


def accepted(text: str, **facts: Any) -> bool:
    rule = rules.parse(f"[{{where: {text}, do: {{response-headers: {{drop: A}}}}}}]")[0]
    return any(Index([ArmedRule(rule, 0)]).matching({**FACTS, **facts}))


@pytest.mark.parametrize(
    ("text", "word", "yes", "no"),
    [
        ("{host: '*.golang.org'}", "host", ["proxy.golang.org", "a.b.golang.org"], ["golang.org"]),
        ("{path: '/a/*/list'}", "path", ["/a/b/list", "/a/b/c/list"], ["/b/list"]),
        ("{method: [GET, HEAD]}", "method", ["GET", "HEAD"], ["POST"]),
        ("{status: [401, 5xx]}", "status", [401, 500, 599], [200, 403, 600]),
        ("{content-type: text/*}", "content-type", ["text/html"], ["application/json"]),
        ("{version: '>=v1.2.0 <v2'}", "version", ["v1.2.0", "v1.10.3"], ["v1.2.0-rc.1", "v2.0.0"]),
        ("{version: '>=v1.2.0'}", "version", ["v1.2.0"], ["main", ""]),
        ("{version: [v1.*, '>v3.0.0']}", "version", ["v1.9.9", "v3.0.1"], ["v2.0.0", "v3.0.0"]),
        ("{module: 'github.com/[A-Z]*/*'}", "module", ["github.com/Azure/sdk"], ["github.com/x/y"]),
        ("{age: '>2s'}", "age", [2.1, 60.0], [1.9, 2.0]),
        ("{age: '<200ms'}", "age", [0.1], [0.2, 1.0]),
        ("{alpn: h2}", "alpn", [("h2",), ("http/1.1", "h2")], [("http/1.1",), ()]),
        ("{client: '127.0.0.*'}", "client", ["127.0.0.9"], ["10.0.0.1"]),
        ("{address: other}", "address", [("10.0.0.4", "other")], [("10.0.0.2",), ()]),
        ("{address: 10.*}", "address", [("10.0.0.4", "other")], [("11.0.0.2",)]),
        ("{port: [80, 443]}", "port", [80, 443], [8080]),
        ("{header: {A: 'x*'}}", "header", [{"A": "xy"}], [{"A": "y"}, {}]),
        ("{header: {A: null}}", "header", [{}, {"B": "1"}], [{"A": ""}]),
        ("{header: A}", "header", [{"A": "1"}], [{}]),
    ],
)  # fmt: skip
def test_each_word_means_what_it_says(text: str, word: str, yes: list[Any], no: list[Any]) -> None:
    assert [accepted(text, **{word: value}) for value in yes] == [True] * len(yes)
    assert [accepted(text, **{word: value}) for value in no] == [False] * len(no)


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("{}", [1, 2, 3, 4, 5, 6]),
        ("{nth: 2}", [2]),
        ("{nth: [1, 4]}", [1, 4]),
        ("{first: 3}", [1, 2, 3]),
        ("{after: 4}", [5, 6]),
        ("{after: 2, first: 2}", [3, 4]),
        ("{every: 2}", [2, 4, 6]),
        ("{every: 1}", [1, 2, 3, 4, 5, 6]),
        ("{after: 1, every: 2}", [3, 5]),
        ("{chance: 1}", [1, 2, 3, 4, 5, 6]),
        ("{chance: 0}", []),
        ("{first: 0}", []),
        ("{every: 0}", []),
        ("{nth: 0}", []),
    ],
)
def test_counts(text: str, acts: list[int]) -> None:
    assert [k for k in range(1, 7) if acts_on(where(text), 1, "it", k)] == acts


@given(st.integers(), st.floats(0, 1), st.integers(1, 500))
def test_the_same_seed_makes_the_same_decision(seed: int, chance: float, match: int) -> None:
    one = where(f"{{chance: {chance:.6f}}}")
    assert acts_on(one, seed, "it", match) == acts_on(one, seed, "it", match)


def test_chances_come_out_as_asked_and_differ_by_seed_and_name() -> None:
    half = where("{chance: 0.3}")
    drawn = [acts_on(half, 1, "it", k) for k in range(1, 4001)]
    assert 0.27 < sum(drawn) / len(drawn) < 0.33
    assert drawn[:100] != [acts_on(half, 2, "it", k) for k in range(1, 101)]
    assert drawn[:100] != [acts_on(half, 1, "other", k) for k in range(1, 101)]


WHERES = st.fixed_dictionaries(
    {},
    optional={
        "host": st.lists(st.sampled_from([*HOSTS, "*", "*.cn", "g*"]), min_size=1, max_size=2),
        "module": st.sampled_from([*MODULES[:2], "github.com/*", "*cobra"]),
        "endpoint": st.sampled_from(["list", "zip", "info"]),
        "method": st.sampled_from(["GET", "POST"]),
        "status": st.sampled_from([200, 404, "4xx"]),
    },
)


@given(
    st.lists(WHERES, max_size=80),
    st.sampled_from(HOSTS),
    st.sampled_from(MODULES),
    st.sampled_from(["list", "zip", ""]),
    st.sampled_from([200, 404, 500]),
)
@settings(max_examples=150, deadline=None)
def test_the_index_agrees_with_reading_rule_by_rule(
    wheres: list[dict[str, Any]], host: str, module: str, endpoint: str, status: int
) -> None:
    data = [{"where": w, "do": {"response-headers": {"drop": "A"}}} for w in wheres]
    armed = [ArmedRule(rule, 0) for rule in rules.RuleFile.model_validate(data).root]
    facts = {**FACTS, "host": host, "module": module, "endpoint": endpoint, "status": status}
    plain = [one for one in armed if _by_hand(one.rule, facts)]
    index = Index(armed)
    assert list(index.matching(facts)) == plain
    assert list(index.matching(facts)) == plain, "and again, from memory"


def _by_hand(rule: Rule, facts: dict[str, Any]) -> bool:
    given = rule.where
    statuses = {str(facts["status"]), f"{facts['status'] // 100}xx"}
    return (
        _glob(given.host, facts["host"])
        and _glob(given.module, facts["module"])
        and (given.endpoint is None or facts["endpoint"] in given.endpoint)
        and (given.method is None or facts["method"] in given.method)
        and (given.status is None or bool(statuses & {str(s) for s in given.status}))
    )


def _glob(globs: tuple[str, ...] | None, value: str) -> bool:
    return globs is None or any(fnmatch.fnmatchcase(value, one) for one in globs)


def test_rules_that_cannot_match_cost_nothing() -> None:
    def cost(count: int) -> float:
        where = "{{host: h{n}.example, module: 'example.org/m{n}/*'}}"
        rule = f"- {{{{where: {where}, do: {{{{body: empty}}}}}}}}\n"
        text = "".join(rule.format(n=n) for n in range(count))
        index = Index([ArmedRule(rule, 0) for rule in rules.parse(text)])
        list(index.matching(FACTS))
        best = 1.0
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(2000):
                list(index.matching(FACTS))
            best = min(best, time.perf_counter() - start)
        return best

    assert cost(rules.MAX_RULES) < 3 * cost(10)


def test_every_word_is_tested_somewhere() -> None:
    assert set(TESTS) == frozenset().union(*FIELDS_AT.values())
    assert set(Stage) == set(FIELDS_AT)


def test_the_outcomes_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "CACHED", 10)
    (rule,) = rules.parse("[{where: {path: '*.zip'}, do: {body: empty}}]")
    index = Index([ArmedRule(rule, 0)])
    for number in range(100):
        assert len(list(index.matching({**FACTS, "path": f"/{number}.zip"}))) == 1
    assert 0 < len(index.columns["path"].cache) <= 10


def test_per_connection_each_has_a_count_of_its_own() -> None:
    rule = rules.parse("[{where: {nth: 2, per: connection}, do: {respond: 503}}]")[0]
    armed = ArmedRule(rule, 0)
    asked = ["a", "b", "a", "a", "b", "c"]
    assert [armed.decide(connection) for connection in asked] == [0, 0, 2, 0, 2, 0]
    assert armed.seen == 6


def test_per_connection_only_so_many_are_remembered() -> None:
    rule = rules.parse("[{where: {first: 1, per: connection}, do: {respond: 503}}]")[0]
    armed = ArmedRule(rule, 0)
    for number in range(2 * matching.CACHED):
        assert armed.decide(str(number)) == 1
        assert armed.decide("kept") == (1 if number == 0 else 0)
    assert len(armed._of_connection) <= matching.CACHED


def test_what_counts_per_connection_does_not_count_others() -> None:
    text = "[{where: {%s}, do: {respond: 503}}]"
    assert rules.parse(text % "nth: 2")[0].remembers
    assert not rules.parse(text % "nth: 2, per: connection")[0].remembers
    assert rules.parse(text % "nth: 2, per: connection, until: 1s")[0].remembers
