"""Semantic versions as Go orders and reads them (x/mod/semver, x/mod/module/pseudo.go)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

_NUMBER = r"(?:0|[1-9][0-9]*)"
_VERSION = re.compile(
    rf"v({_NUMBER})\.({_NUMBER})\.({_NUMBER})"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_PSEUDO = re.compile(
    r"v[0-9]+\.(?:0\.0-|[0-9]+\.[0-9]+-(?:[^+]*\.)?0\.)([0-9]{14})-([A-Za-z0-9]+)(\+[0-9A-Za-z.-]+)?"
)


class Parsed(NamedTuple):
    """The parts of a version; `prerelease` without its dash, `build` with its plus."""

    major: int
    minor: int
    patch: int
    prerelease: str
    build: str


Key = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


def parse(version: str) -> Parsed | None:
    """Split a full version `vX.Y.Z[-pre][+build]`; None if it is not one (`v1.2` is not)."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return None
    major, minor, patch, prerelease, build = found.groups()
    identifiers = (prerelease or "").split(".")
    if any(i.isdigit() and len(i) > 1 and i[0] == "0" for i in identifiers):
        return None
    return Parsed(int(major), int(minor), int(patch), prerelease or "", build or "")


def canonical(version: str) -> bool:
    """Say whether Go would use the version as it stands: valid, no build but +incompatible."""
    parts = parse(version)
    return parts is not None and parts.build in ("", "+incompatible")


@lru_cache(maxsize=65536)
def key(version: str) -> Key:
    """Return a sort key for a valid version, by the precedence of semver.org section 11.

    Raises:
        ValueError: not a valid version.
    """
    parts = parse(version)
    if parts is None:
        raise ValueError(f"{version!r} is not a semantic version")
    identifiers = tuple(
        (False, int(i), "") if i.isdigit() else (True, 0, i)
        for i in parts.prerelease.split(".")
        if i
    )
    return parts.major, parts.minor, parts.patch, not parts.prerelease, identifiers


def is_pseudo(version: str) -> bool:
    """Say whether a version names a commit: `vX.0.0-yyyymmddhhmmss-abcdefabcdef` and its kin."""
    return version.count("-") >= 2 and _PSEUDO.fullmatch(version) is not None


def pseudo_commit(version: str) -> tuple[datetime, str] | None:
    """Return the commit time (UTC) and short hash that a pseudo-version names, or None."""
    found = _PSEUDO.fullmatch(version)
    if found is None:
        return None
    try:
        time = datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return time, found[2]


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


def latest(versions: list[str]) -> str | None:
    """Return the version that `@latest` names: releases before pre-releases before commits."""
    for fits in (
        lambda v: not is_pseudo(v) and not key(v)[4],
        lambda v: not is_pseudo(v),
        is_pseudo,
    ):
        found = [v for v in versions if fits(v)]
        if found:
            return max(found, key=key)
    return None
