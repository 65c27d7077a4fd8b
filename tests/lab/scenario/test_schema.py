"""The JSON Schema that editors use and the loader refuse the same files for their form."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from faults.validation import strictly
from lab.diagnostics.catalogue import diagnostics
from lab.scenario.model import Scenario
from lab.scenario.schema import schema
from lab.spec.patterns import Checker
from lab.spec.sources import articles
from tests.lab.scenario.test_fuzz import WHOLE, parts, replaced

MORE: dict[str, Any] = yaml.safe_load(
    """
sources: [{article: silent-symptoms}, {title: x, url: "https://a.test/1", section: y}]
kind: myth
since: "1.21"
go: [{until: "1.26", silent: true, replay: {broken: {exit: failure}, limit: 3}}]
break:
  client: {files: {bin/a: {text: x, executable: true}, b: {base64: AAA=}, c: null}}
  run: [a, {run: b, exit: 1, stdout: [x, "!y"], limit: 2}]
matrix: {axis: [1, a], other: {b: 2.5, c: {silent: true, faults: []}}}
"""
)
FILE = {**WHOLE, **MORE}
FILE["replay"] = {
    **FILE["replay"],
    "run": ["a", {"run": "b", "healthy": {"exit": 1}, "seconds": ">=1"}, {"run": "c", "limit": 1}],
    "broken": {"exit": 0, "asked": {"proxy.golang.org": 0}, "connections": {"a.test": ">1"}},
}
FILE["variants"] = {"one, two-*": {**FILE["variants"]["one"], "diagnostics": {"miss": ["verify"]}}}
VALIDATOR = Draft202012Validator(schema())
PLACES = [place for place in parts(FILE) if place]
OF_FORMATS = {"ip_address", "datetime_type", "date_type", "value_error"}
"""What the loader knows of a text beyond its form, and the schema does not."""

texts = st.sampled_from(
    ["yes", "no", "on", "true", "1", "0", "20", "1.5", "", "null", "~", "x", "a-b", "A B", "1.21"]
)
# To a schema 1.0 is a whole number; to YAML and to golab it is none.
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 700), st.sampled_from([0.5, 1.5, -0.5]), texts
)
values = st.one_of(
    scalars,
    st.lists(scalars, max_size=2),
    st.dictionaries(
        st.sampled_from(["run", "exit", "x", "text", "how", "title"]), scalars, max_size=2
    ),
)


def refused_for(data: Any) -> list[dict[str, Any]]:
    try:
        strictly(data, Scenario, Checker())
    except ValidationError as error:
        return [dict(detail) for detail in error.errors(include_url=False)]
    return []


def agree(data: Any) -> None:
    refused = refused_for(data)
    wrong = next(VALIDATOR.iter_errors(data), None)
    if wrong is not None:
        assert refused, f"the schema refuses what is read: {list(wrong.path)} {wrong.message}"
    elif refused and not OF_FORMATS & {one["type"] for one in refused}:
        pytest.fail(f"the schema takes what is refused: {refused}")


def test_the_whole_is_what_both_take() -> None:
    assert not refused_for(FILE)
    assert VALIDATOR.is_valid(FILE)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(place=st.sampled_from(PLACES), value=values)
def test_they_agree_on_generated_files(place: tuple[Any, ...], value: Any) -> None:
    agree(replaced(FILE, place, value))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(place=st.sampled_from(PLACES))
def test_they_agree_on_what_is_left_out(place: tuple[Any, ...]) -> None:
    data = copy.deepcopy(FILE)
    inner: Any = data
    for key in place[:-1]:
        inner = inner[key]
    del inner[place[-1]]
    agree(data)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("silent",), "yes"),
        (("silent",), 1),
        (("silent",), "true"),
        (("replay", "limit"), "20"),
        (("replay", "limit"), True),
        (("replay", "broken", "exit"), "0"),
        (("replay", "broken", "exit"), True),
        (("title",), 7),
        (("repair", "faults"), True),
        (("world", "modules", "x.test/a", "private"), "yes"),
        (("faults", 0, "where", "chance"), "0.5"),
        (("faults", 3, "do", "hang", "for"), "x"),
        (("sources", 0), {"article": "silent-symptoms", "title": "x"}),
        (("break", "client", "files", "c"), {"text": "a", "base64": "b"}),
        (("kind",), "control"),
    ],
)
def test_what_both_refuse(place: tuple[Any, ...], value: Any) -> None:
    data = replaced(FILE, place, value)
    assert refused_for(data)
    assert not VALIDATOR.is_valid(data)


def test_an_axis_may_stand_where_a_number_is_wanted() -> None:
    for place in (("replay", "limit"), ("silent",), ("faults", 5, "do", "respond", "status")):
        assert VALIDATOR.is_valid(replaced(FILE, place, "{axis}"))
    assert not VALIDATOR.is_valid(replaced(FILE, ("kind",), "{axis}"))


def test_editors_know_the_names_of_diagnostics_and_articles() -> None:
    defs = schema()["$defs"]
    named = defs["Record"]["properties"]["miss"]["items"]["anyOf"][0]["enum"]
    assert named == sorted(diagnostics())
    assert defs["Citation"]["properties"]["article"]["anyOf"][0]["enum"] == sorted(articles())
