"""Go's versions: order, releases and ranges, as golang.org/x/mod/semver has them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_VERSION = re.compile(
    r"v(?P<major>0|[1-9]\d*)(?:\.(?P<minor>0|[1-9]\d*)(?:\.(?P<patch>0|[1-9]\d*)"
    r"(?:-(?P<pre>[0-9A-Za-z.-]+))?(?:\+(?P<build>[0-9A-Za-z.-]+))?)?)?"
)
_PSEUDO = re.compile(r"v[0-9]+\.(?:0\.0-|\d+\.\d+-(?:[^+]*\.)?0\.)\d{14}-[A-Za-z0-9]+(?:\+.*)?")
_COMPARISON = re.compile(r"(?P<op>>=|<=|>|<)(?P<bound>\S+)")

Key = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


def key(version: str) -> Key | None:
    """Return a value that sorts as Go sorts, or None if `version` is not a semantic version."""
    found = _VERSION.fullmatch(version)
    if not found:
        return None
    numbers = (int(found["major"]), int(found["minor"] or 0), int(found["patch"] or 0))
    pre = found["pre"]
    parts = tuple(
        (not part.isdigit(), int(part) if part.isdigit() else 0, "" if part.isdigit() else part)
        for part in (pre.split(".") if pre else ())
    )
    return (*numbers, pre is None, parts)


def is_pseudo(version: str) -> bool:
    """Say whether this is a pseudo-version (a commit, not a tag)."""
    return _PSEUDO.fullmatch(version) is not None


def newest(versions: Iterable[str]) -> str | None:
    """Return what Go picks as latest: the highest release, else the highest pre-release."""
    ranked = [(found[3], found, version) for version in versions if (found := key(version))]
    return max(ranked)[2] if ranked else None


def within(text: str) -> Callable[[str], bool]:
    """Compile a range such as `>=v1.2.0 <v2` (every comparison must hold) to a test.

    Raises:
        ValueError: not comparisons of versions.
    """
    tests = _comparisons(text)

    def inside(version: str) -> bool:
        place = key(version)
        return place is not None and all(_holds(place, op, bound) for op, bound in tests)

    return inside


def impossible(text: str) -> bool:
    """Say whether no version at all is within a range; for its form see `within`."""
    tests = _comparisons(text)
    low = max(((bound, op == ">") for op, bound in tests if op[0] == ">"), default=None)
    high = min(((bound, op == "<=") for op, bound in tests if op[0] == "<"), default=None)
    if low is None or high is None:
        return False
    return low[0] > high[0] or (low[0] == high[0] and (low[1] or not high[1]))


def _comparisons(text: str) -> list[tuple[str, Key]]:
    tests: list[tuple[str, Key]] = []
    for word in text.split():
        found = _COMPARISON.fullmatch(word)
        bound = key(found["bound"]) if found else None
        if not found or not bound:
            raise ValueError(f"bad range {text!r}: write comparisons such as '>=v1.2.0 <v2'")
        tests.append((found["op"], bound))
    return tests


def _holds(place: Key, op: str, bound: Key) -> bool:
    match op:
        case ">=":
            return place >= bound
        case ">":
            return place > bound
        case "<=":
            return place <= bound
        case _:
            return place < bound
