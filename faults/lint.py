"""Finds rules that can never act, where that can be known without traffic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from faults.goproto import urls
from faults.model.base import Stage
from faults.model.globs import glob_free, overlap
from faults.model.where import TESTS, Where, no_version
from faults.rules import Rule

_COUNTS = ("nth", "first", "after", "every", "chance", "until")


class Finding(NamedTuple):
    """A rule that never acts, and why."""

    name: str
    reason: str


def lint(rules: Sequence[Rule]) -> list[Finding]:
    """Return the rules that can never act, in their order; each with its first reason."""
    found = []
    for place, rule in enumerate(rules):
        reasons = [
            *_never(rule.where),
            *_unlike_its_endpoint(rule),
            *_answered_before(rule, rules[:place]),
        ]
        if reasons:
            found.append(Finding(rule.name, reasons[0]))
    return found


def _never(where: Where) -> Iterator[str]:
    for word in ("first", "every", "chance"):
        if getattr(where, word) == 0:
            yield f"{word}: 0 is never"
    if where.nth is not None and not any(where.nth):
        yield "nth: 0 is never"
    counts = [count for count in where.nth or () if count]
    if counts and where.first is not None and min(counts) > where.first:
        yield "nth is beyond first"
    if counts and where.every and all(count % where.every for count in counts):
        yield "nth is no multiple of every"
    if where.first and where.every and where.first < where.every:
        yield "first ends before every"


def _unlike_its_endpoint(rule: Rule) -> Iterator[str]:
    where = rule.where
    endpoints = frozenset(where.endpoint) if where.endpoint else None
    for word, action in rule.do:
        if endpoints and action.needs and endpoints.isdisjoint(action.needs):
            yield f"{word} is for {_list(action.needs)}, not for {_list(endpoints)}"
        if reason := action.never_acts(where):
            yield reason
    if endpoints and where.version and endpoints.isdisjoint(urls.WITH_VERSION):
        yield f"{_list(endpoints)} has no version"
    if endpoints and where.module and endpoints.isdisjoint(urls.WITH_MODULE):
        yield f"{_list(endpoints)} has no module"
    if no_version(where.version):
        yield f"no version is {_list(where.version or ())}"
    if where.path:
        yield from _unlike_its_path(where, where.path)


def _unlike_its_path(where: Where, paths: Sequence[str]) -> Iterator[str]:
    """Compare what the paths can be about with what else the rule demands."""
    shapes = [urls.PATHS[endpoint] for endpoint in where.endpoint or ()]
    if shapes and not any(overlap(path, shape) for path in paths for shape in shapes):
        yield f"its path is no endpoint {_list(where.endpoint or ())}"
    if not all(glob_free(path) for path in paths):
        return
    found = [urls.parse("", path) for path in paths]
    for word in ("endpoint", "module", "version"):
        wanted = getattr(where, word)
        if wanted and not any(TESTS[word](wanted)(getattr(one, word, "")) for one in found):
            yield f"its path is no {word} {_list(wanted)}"


def _answered_before(rule: Rule, earlier: Sequence[Rule]) -> Iterator[str]:
    """Say whether an earlier rule always answers first."""
    if rule.stage not in (Stage.QUERY, Stage.TUNNEL, Stage.REQUEST):
        return
    if not all(action.slot == "answer" for _, action in rule.do):
        return
    for other in earlier:
        answers = any(action.always_answers for _, action in other.do)
        always = all(getattr(other.where, word) is None for word in _COUNTS)
        if answers and always and other.stage is rule.stage and _covers(other.where, rule.where):
            yield f"rule {other.name} has answered already"


def _covers(wide: Where, narrow: Where) -> bool:
    """Say whether all traffic of `narrow` is traffic of `wide`, as far as the words tell."""
    for word in wide.words_used():
        name = word.replace("-", "_")
        ours, theirs = getattr(wide, name), getattr(narrow, name)
        if theirs is None or not (ours == theirs or _within(theirs, ours)):
            return False
    return True


def _within(narrow: object, wide: object) -> bool:
    if not (isinstance(narrow, tuple) and isinstance(wide, tuple)):
        return False
    return "*" in wide or set(narrow) <= set(wide)


def _list(words: Iterable[object]) -> str:
    return ", ".join(sorted(str(word) for word in words))
