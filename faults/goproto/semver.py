"""Go's versions: which are valid, their order, pseudo-versions, ranges.

Validity and order are those of golang.org/x/mod/semver, pseudo-versions those of x/mod/module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

_NUMBER = "(?:0|[1-9][0-9]*)"
_WORDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_LEADING_ZERO = r"(?!0[0-9]+(?:\.|\+|$))"
_PRERELEASE = rf"{_LEADING_ZERO}[0-9A-Za-z-]+(?:\.{_LEADING_ZERO}[0-9A-Za-z-]+)*"
_VERSION = re.compile(
    rf"v(?P<major>{_NUMBER})(?:\.(?P<minor>{_NUMBER})(?:\.(?P<patch>{_NUMBER})"
    rf"(?:-(?P<pre>{_PRERELEASE}))?(?P<build>\+{_WORDS})?)?)?"
)
_PSEUDO = re.compile(
    r"v[0-9]+\.(?:0\.0-|[0-9]+\.[0-9]+-(?:[^+]*\.)?0\.)"
    rf"(?P<time>[0-9]{{14}})-(?P<commit>[A-Za-z0-9]+)(?:\+{_WORDS})?"
)
_COMPARISON = re.compile(r"(?P<op>>=|<=|>|<)(?P<bound>\S+)")
_DIGITS = 1000

Number = tuple[int, str]
"""A whole number as its length and its digits, which sort as numbers do and may be endless."""
Key = tuple[Number, Number, Number, bool, tuple[tuple[bool, int, str], ...]]


class Parsed(NamedTuple):
    """The parts of a version; `prerelease` without its dash, `build` with its plus."""

    major: int
    minor: int
    patch: int
    prerelease: str
    build: str


def is_valid(version: str) -> bool:
    """Say whether this is a version: `vX.Y.Z[-pre][+build]`, `vX.Y` or `vX`."""
    return _VERSION.fullmatch(version) is not None


def parse(version: str) -> Parsed | None:
    """Split a full version; None if it is none, `v1.2` for one, or has a number beyond reason."""
    found = _VERSION.fullmatch(version)
    if found is None or found["patch"] is None:
        return None
    numbers = found.group("major", "minor", "patch")
    if any(len(number) > _DIGITS for number in numbers):
        return None
    major, minor, patch = map(int, numbers)
    return Parsed(major, minor, patch, found["pre"] or "", found["build"] or "")


def is_canonical(version: str) -> bool:
    """Say whether Go would use the version as it stands: full, no build but +incompatible."""
    found = _VERSION.fullmatch(version)
    return bool(found and found["patch"] and found["build"] in (None, "+incompatible"))


@lru_cache(maxsize=65536)
def key(version: str) -> Key:
    """Return a value that sorts as Go sorts; build metadata does not count.

    Raises:
        ValueError: not a valid version.
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(f"{version!r} is not a semantic version")
    major, minor, patch = (_number(found[part] or "0") for part in ("major", "minor", "patch"))
    pre = found["pre"]
    words = tuple(
        (False, *_number(word)) if word.isdigit() else (True, 0, word)
        for word in (pre.split(".") if pre else ())
    )
    return major, minor, patch, pre is None, words


def _number(digits: str) -> Number:
    return len(digits), digits


def latest(versions: Iterable[str]) -> str | None:
    """Return what Go picks as latest: releases before pre-releases before commits.

    What is no version is left out (x/mod/module, modload/query.go).
    """
    ranked = [(not is_pseudo(v), key(v)[3], key(v), v) for v in versions if is_valid(v)]
    return max(ranked)[3] if ranked else None


def is_pseudo(version: str) -> bool:
    """Say whether a version names a commit: `vX.0.0-yyyymmddhhmmss-abcdefabcdef` and its kin."""
    return _pseudo(version) is not None


def pseudo_commit(version: str) -> tuple[datetime, str] | None:
    """Return the commit time (UTC) and short hash that a pseudo-version names, or None."""
    found = _pseudo(version)
    if found is None:
        return None
    try:
        time = datetime.strptime(found["time"], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return time, found["commit"]


def _pseudo(version: str) -> re.Match[str] | None:
    if version.count("-") < 2 or not is_valid(version):
        return None
    return _PSEUDO.fullmatch(version)


def pseudo(major: int, base: str, time: datetime, commit: str) -> str:
    """Return the pseudo-version of a commit (ref/mod#pseudo-versions).

    Args:
        major: the module's major version; 1 stands for v0 and v1 alike when `base` is empty.
        base: the highest tagged version before the commit, or "".
        time: the commit's time, UTC.
        commit: its hash, at least 12 hexadecimal digits.
    """
    tail = f"{time:%Y%m%d%H%M%S}-{commit[:12]}"
    parts = parse(base) if base else None
    if parts is None:
        return f"v{major if major > 1 else 0}.0.0-{tail}"
    if parts.prerelease:
        core = f"v{parts.major}.{parts.minor}.{parts.patch}-{parts.prerelease}.0.{tail}"
    else:
        core = f"v{parts.major}.{parts.minor}.{parts.patch + 1}-0.{tail}"
    return core + parts.build


def within(text: str) -> Callable[[str], bool]:
    """Compile a range such as `>=v1.2.0 <v2` (every comparison must hold) to a test.

    Raises:
        ValueError: not comparisons of versions.
    """
    tests = _comparisons(text)

    def inside(version: str) -> bool:
        return is_valid(version) and all(_holds(key(version), op, bound) for op, bound in tests)

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
        if not found or not is_valid(found["bound"]):
            raise ValueError(f"bad range {text!r}: write comparisons such as '>=v1.2.0 <v2'")
        tests.append((found["op"], key(found["bound"])))
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
