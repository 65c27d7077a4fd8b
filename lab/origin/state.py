"""What of the origin can change while it runs: tokens, what is published, frozen views, the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

_STATUSES = ("valid", "expired", "revoked")


@dataclass(frozen=True)
class OriginState:
    """The changeable part of an origin; the default is the world as it was built.

    Attributes:
        credentials: credential name to its status now: valid, expired or revoked.
        absent: `path@version` of what is not published (yet, or no longer), anywhere.
        frozen: proxy host to the time (RFC 3339) after which it has seen nothing new.
        sumdb_size: grow the checksum database to this many records; it never shrinks.
        forked: hosts that show the second checksum database, whose sums disagree.
        twins: hosts whose proxy has the twins of modules now (`World.twins`).
    """

    credentials: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    frozen: Mapping[str, str] = field(default_factory=dict)
    sumdb_size: int | None = None
    forked: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OriginState:
        """Read a state from JSON data; what is left out is as in a new world.

        Raises:
            ValueError: an unknown key, or a value of the wrong kind.
        """
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(data) - known):
            raise ValueError(f"unknown key {unknown[0]!r}; one of {', '.join(sorted(known))}")
        credentials = _texts(data, "credentials")
        if wrong := [status for status in credentials.values() if status not in _STATUSES]:
            raise ValueError(f"{wrong[0]!r} is no status; one of {', '.join(_STATUSES)}")
        frozen = {host: _utc(time) for host, time in _texts(data, "frozen").items()}
        size = data.get("sumdb_size")
        if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
            raise ValueError(f"sumdb_size must be a number of records, not {size!r}")
        absent, forked, twins = (_names(data, key) for key in ("absent", "forked", "twins"))
        return cls(credentials, absent, frozen, size, forked, twins)


def _texts(data: Mapping[str, Any], key: str) -> dict[str, str]:
    value = data.get(key, {})
    if not isinstance(value, Mapping) or not all(isinstance(v, str) for v in value.values()):
        raise ValueError(f"{key} must map names to text, not {value!r}")
    return {str(name): text for name, text in value.items()}


def _names(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = data.get(key, ())
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        raise ValueError(f"{key} must be a list of names, not {value!r}")
    return tuple(value)


def _utc(time: str) -> str:
    moment = datetime.fromisoformat(time)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
