"""Whatever is put in the place of any part of a scenario is refused in golab's own words."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.errors import ScenarioError
from lab.paths import scenarios_root
from lab.scenario.load import load

GOOD: dict[str, Any] = yaml.safe_load(
    (scenarios_root() / "auth" / "auth-fallback.yaml").read_text(encoding="utf-8")
)
MORE = """
world:
  modules:
    x.test/a:
      versions:
        v1.0.0: {time: "2020-01-01", retract: {v1.0.0: x}, files: {a.go: package a, b: {size: 3}}}
      branches: {master: [{time: "2020-01-02"}]}
      private: true
  hosts: {x.test: {proxy: /}}
  credentials: {mine: {user: u, secret: s, teams: [corp]}}
  sumdb: {name: sum.golang.org, size: 3, fork: []}
faults:
  - name: counted
    where: {nth: [1, 2], age: ">5s", port: 443, header: {A: b}, chance: 0.5, until: 5s}
    do: {body: {patch: [{find: a, with: b}]}}
  - {name: dns, where: {query: proxy.golang.org}, do: {dns: {address: [192.0.2.1], delay: 1}}}
  - {name: late, do: {stale-list: {as-of: "2023-06-01T00:00:00Z", replicas: 2}}}
  - {name: held, do: {hang: {at: accept, for: 1}}}
  - {name: tls, do: {tls-version: 1.2, certificate: expired}}
  - {name: headers, do: {respond: {status: 503, headers: {A: b}}}}
variants:
  one:
    client: {env: {A: b}}
    replay: {broken: {exit: 0}, limit: 3}
    repair: {how: x, faults: keep}
"""
WHOLE = {**GOOD, **yaml.safe_load(MORE)}
IN_ITS_PLACE: list[Any] = [7, "word", None, [], {"x": 1}]
OTHERS: list[Any] = [1.5, "", True, [None], [[1]], {}]
PYDANTIC = re.compile(r"Input|should be|valid (dict|list|str|int|num)|instance of|unable to|error,")


def parts(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of every part of `data`."""
    yield at
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from parts(value, (*at, key))


def replaced(whole: Any, place: tuple[Any, ...], value: Any) -> Any:
    """Return a copy of data with another value at a place."""
    if not place:
        return value
    data = copy.deepcopy(whole)
    inner: Any = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return data


def said(file: Path, data: Any) -> list[str]:
    file.write_text(yaml.dump(data, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)))
    try:
        load(file, name="fuzzed")
    except ScenarioError as error:
        return error.problems
    return []


def test_the_whole_is_valid_before_it_is_fuzzed(tmp_path: Path) -> None:
    assert said(tmp_path / "whole.yaml", WHOLE) == []


@pytest.mark.parametrize(
    "value",
    [*IN_ITS_PLACE, *(pytest.param(other, marks=pytest.mark.slow) for other in OTHERS)],
    ids=repr,
)
def test_no_part_can_be_replaced_without_a_line_of_our_own(tmp_path: Path, value: Any) -> None:
    refused = 0
    for place in parts(WHOLE):
        problems = said(tmp_path / "fuzzed.yaml", replaced(WHOLE, place, value))
        refused += bool(problems)
        for problem in problems:
            assert re.match(r"fuzzed:[1-9]\d*:[1-9]\d*: \S", problem), (place, problem)
            assert not PYDANTIC.search(problem.split(" not ")[0]), (place, problem)
            assert "\n" not in problem
    assert refused > 50


@pytest.mark.parametrize(
    ("place", "value", "line"),
    [
        ((), 7, "must be a mapping, not 7"),
        (("client",), "word", "must be a mapping, not 'word'"),
        (("sources",), None, "must be a list, not null"),
        (("title",), True, "must be text; put quotes round true"),
        (("title",), "", "must not be empty"),
        (("silent",), [], "must be true or false, not a list"),
        (("replay", "limit"), -1, "must be greater than 0, not -1"),
        (("replay", "broken", "exit"), "timeot",
         "'timeot' is not known here; did you mean 'timeout'?"),
        (("replay", "broken", "exit"), 1.5, "must be a whole number, failure or timeout, not 1.5"),
        (("replay", "run"), {"a": 1}, "must be text or a list, not a mapping"),
        (("world", "modules", "x.test/a", "versions", "v1.0.0", "go.mod"), 7,
         "must be text or false, not 7"),
        (("world", "modules", "x.test/a", "versions", "v1.0.0", "files", "b"), {"sise": 1},
         "unknown key 'sise'; did you mean 'size'?"),
        (("faults", 1, "do", "dns", "address"), ["192.0.2"],
         "must be an IPv4 address, an IPv6 address or here, not '192.0.2'"),
        (("faults", 2, "do", "stale-list", "as-of"), "2023-06-01T00:00:00",
         ("must name its time zone, as the Z of 2024-01-31T12:00:00Z does,"
         " not '2023-06-01T00:00:00'")),
        (("variants", "one", "replay", "broken"), {"exti": 0},
         "unknown key 'exti'; did you mean 'exit'?"),
    ],
)  # fmt: skip
def test_the_words(tmp_path: Path, place: tuple[Any, ...], value: Any, line: str) -> None:
    problems = said(tmp_path / "fuzzed.yaml", replaced(WHOLE, place, value))
    assert line in [problem.split(": ", 1)[1] for problem in problems]


def test_what_a_variant_says_nothing_about_it_keeps(tmp_path: Path) -> None:
    for key in ("client", "replay", "repair", "faults", "title"):
        data = replaced(WHOLE, ("variants", "one"), {"silent": True, key: None})
        assert said(tmp_path / "fuzzed.yaml", data) == []
