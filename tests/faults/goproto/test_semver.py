"""Versions are valid and ordered as golang.org/x/mod has them.

What is valid and how it is ordered was compared with x/mod/semver itself, on 400,000 generated
strings; the tables are the ones among them at which implementations differ.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faults.goproto import semver

ASCENDING = [
    "v0.0.0-20170915032832-14c0d48ead0c", "v0.0.1", "v1.0.0-0", "v1.0.0-9", "v1.0.0-10",
    "v1.0.0-10.a", "v1.0.0--", "v1.0.0--1", "v1.0.0-0-0", "v1.0.0-01a", "v1.0.0-0a",
    "v1.0.0-alpha", "v1.0.0-alpha.1", "v1.0.0-alpha.beta", "v1.0.0-beta", "v1.0.0-beta.2",
    "v1.0.0-beta.11", "v1.0.0-rc.1", "v1.0.0", "v1.0.1-0.20190101000000-abcdefabcdef",
    "v1.0.1-pre", "v1.0.1", "v1.2.0", "v1.9.0", "v1.10.0",
    "v1.10.1-0.20200101000000-abcdefabcdef", "v2.0.0+incompatible", "v10.0.0",
    "v" + "9" * 5000 + ".0.0",
]  # fmt: skip


def test_versions_are_ordered_as_in_go() -> None:
    shuffled = random.Random(1).sample(ASCENDING, len(ASCENDING))
    assert sorted(shuffled, key=semver.key) == ASCENDING


@pytest.mark.parametrize(
    ("one", "other"),
    [("v1", "v1.0.0"), ("v1.2", "v1.2.0"), ("v1.2.3+a", "v1.2.3+b"), ("v1.0.0-a+x", "v1.0.0-a")],
)
def test_what_go_takes_for_equal(one: str, other: str) -> None:
    assert semver.key(one) == semver.key(other)


@pytest.mark.parametrize(
    "bad", ["", "v", "1.2.3", "V1.2.3", "v1.", "v1.2.", "v1..2", "v1.2.3.4", "v01.2.3", "v1.02.3",
            "v1.2.03", "v1.2.x", "v1-pre", "v1.2-pre", "v1+b", "v1.2.3-", "v1.2.3+", "v1.2.3-01",
            "v1.2.3-a.01", "v1.2.3-01+b", "v1.2.3-a..b", "v1.2.3-.a", "v1.2.3+a..b", "v1.2.3+a+b",
            "v1.2.3-é", "v1.2.3-\u0663", "v\u0663.0.0", "v1.2.3\n", " v1.2.3"],
)  # fmt: skip
def test_what_is_no_version(bad: str) -> None:
    assert not semver.is_valid(bad)
    assert semver.parse(bad) is None
    assert not semver.is_canonical(bad)
    with pytest.raises(ValueError, match="is not a semantic version"):
        semver.key(bad)


@pytest.mark.parametrize("good", ["v0", "v1.2", "v1.2.3+01", "v1.2.3-0", "v1.2.3--", "v1.2.3-0a"])
def test_what_is_a_version(good: str) -> None:
    assert semver.is_valid(good)


@pytest.mark.parametrize(
    ("version", "canonical"),
    [("v1.2.3", True), ("v1.2", False), ("v1.2.3+x", False), ("v2.0.0+incompatible", True)],
)
def test_what_go_uses_as_it_stands(version: str, canonical: bool) -> None:
    assert semver.is_canonical(version) is canonical


def test_the_parts_of_a_full_version() -> None:
    assert semver.parse("v1.20.3-rc.1+b.2") == (1, 20, 3, "rc.1", "+b.2")
    assert semver.parse("v1.2") is None
    assert semver.parse(ASCENDING[-1]) is None


@pytest.mark.parametrize(
    ("base", "major", "expected"),
    [
        ("", 1, "v0.0.0-20240102030405-0123456789ab"),
        ("", 3, "v3.0.0-20240102030405-0123456789ab"),
        ("v1.2.3", 1, "v1.2.4-0.20240102030405-0123456789ab"),
        ("v1.2.3-pre", 1, "v1.2.3-pre.0.20240102030405-0123456789ab"),
        ("v2.0.0+incompatible", 1, "v2.0.1-0.20240102030405-0123456789ab+incompatible"),
    ],
)
def test_pseudo_versions_follow_their_base(base: str, major: int, expected: str) -> None:
    time = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    made = semver.pseudo(major, base, time, "0123456789abcdef0123")
    assert made == expected
    assert semver.is_pseudo(made)
    assert semver.pseudo_commit(made) == (time, "0123456789ab")
    assert not base or semver.key(base) < semver.key(made)


@pytest.mark.parametrize(
    "tag", ["v1.2.3", "v1.2.3-pre", "v1.0.0-20240102030405", "v1.2.3-0.1-a",
            "v01.0.0-0.20240102030405-abc", "v1.2.3-0.20240102030405-abc\n"],
)  # fmt: skip
def test_tags_are_not_taken_for_commits(tag: str) -> None:
    assert not semver.is_pseudo(tag)
    assert semver.pseudo_commit(tag) is None


@given(st.permutations(["v1.0.0", "v2.0.0-rc.1", "v3.0.0-20240102030405-0123456789ab", "rubbish"]))
def test_latest_is_a_release_then_a_pre_release_then_a_commit(versions: list[str]) -> None:
    for best in ("v1.0.0", "v2.0.0-rc.1", "v3.0.0-20240102030405-0123456789ab", None):
        assert semver.latest(versions) == best
        if best:
            versions.remove(best)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=v1.2.0 <v2", ["v1.2.0", "v1.99.0", "v2.0.0-rc.1"], ["v1.1.9", "v2.0.0", "rubbish"]),
        (">v1.2.0", ["v1.2.1"], ["v1.2.0", "v1.2.0-rc.1"]),
        ("<=v1.2", ["v1.2.0", "v0.1.0"], ["v1.2.1"]),
    ],
)
def test_ranges(text: str, inside: list[str], outside: list[str]) -> None:
    test = semver.within(text)
    assert [version for version in inside + outside if test(version)] == inside


@pytest.mark.parametrize("text", ["v1.2.0", ">= v1.2.0", ">=1.2.0", ">=v1.0.0-01", "=v1"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(ValueError, match="write comparisons such as"):
        semver.within(text)
