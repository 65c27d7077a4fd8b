"""A word is suggested where it is near, and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from faults.nearest import nearest
from lab.cli import COMMANDS

SCENARIOS = ["auth-fallback", "dns-failure", "proxy-timeout", "sni-block", "stale-list"]
OPTIONS = ["--artifacts", "--family", "--go", "--help", "--jobs", "--json", "--keep", "--seed"]
ACTIONS = ["blackhole", "delay", "dns", "limit", "off", "reset", "respond", "slow", "stall"]


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("rnu", COMMANDS, "run"),
        ("lsit", COMMANDS, "list"),
        ("lst", COMMANDS, "list"),
        ("log", COMMANDS, "logs"),
        ("valid", COMMANDS, "validate"),
        ("vaildate", COMMANDS, "validate"),
        ("docter", COMMANDS, "doctor"),
        ("RUN", COMMANDS, "run"),
        ("image", COMMANDS, "images"),
        ("stale", SCENARIOS, "stale-list"),
        ("timeout", SCENARIOS, "proxy-timeout"),
        ("proxy-timout", SCENARIOS, "proxy-timeout"),
        ("sni_block", SCENARIOS, "sni-block"),
        ("auth", SCENARIOS, "auth-fallback"),
        ("--jbos", OPTIONS, "--jobs"),
        ("--artifact", OPTIONS, "--artifacts"),
        ("--art", OPTIONS, "--artifacts"),
        ("resett", ACTIONS, "reset"),
        ("repsond", ACTIONS, "respond"),
        ("of", ACTIONS, "off"),
        (7, ["17", "77"], ""),
    ],
)
def test_near(word: object, known: Iterable[str], meant: str) -> None:
    said = nearest(word, known)
    assert said == f"; did you mean {meant!r}?" if meant else "did you mean" not in said


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("help", ["shell", "ps"]),
        ("make", COMMANDS),
        ("ls", COMMANDS),
        ("start", COMMANDS),
        ("x", COMMANDS),
        ("", COMMANDS),
        ("-", OPTIONS),
        ("--zzzzzz", OPTIONS),
        ("--limit", OPTIONS),
        ("slice", ["stale-list"]),
        ("li", ["list", "stale-list"]),
        ("abort", ACTIONS),
        ("on", ["off"]),
        ("new", ["prune"]),
    ],
)
def test_far(word: str, known: Iterable[str]) -> None:
    assert "did you mean" not in nearest(word, known)


def test_of_several_the_nearest_comes_first() -> None:
    assert nearest("list", ["stale-list", "lists"]) == "; did you mean 'lists'?"
    assert nearest("fault", ["faults", "default", "fault-a"]) == "; did you mean 'faults'?"


def test_what_is_not_near_is_one_of_a_few() -> None:
    assert nearest("zzz", ["b", "a"]) == "; one of a, b"
    assert nearest("zzz", map(str, range(99))) == ""
    assert nearest("zzz", []) == ""


@pytest.mark.parametrize("word", ["a" * 30_000, "ab" * 40])
def test_long_words_are_compared_soon(word: str) -> None:
    began = time.process_time()
    nearest(word, [f"{word[:-4]}{number:04}"[-len(word) :] for number in range(200)])
    assert time.process_time() - began < 5
