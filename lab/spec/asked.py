"""Who was asked, about what and how often, from what the edge has on record."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import AfterValidator, Field

from faults.model.globs import glob
from faults.nearest import nearest

Record = Mapping[str, Any]

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_KINDS = ("DNS", "TLS", "CONNECT", *_METHODS)
_PARTS = re.compile(
    r"(?:(?P<kind>[A-Z]+) +)?(?:(?P<scheme>https?)://)?(?P<host>[^/\s]+)(?P<path>/.*)?"
)
_PLUMBING = frozenset({"sumdb-tile", "sumdb-latest", "sumdb-supported"})
_LOOKUP = re.compile(r"@[^/]*$")
_FILE = re.compile(r"/@(?:v/.*|latest)$")


def _pattern(text: str) -> str:
    found = _PARTS.fullmatch(text)
    if not found:
        raise ValueError(f'{text!r} names nobody; write "HOST", "GET HOST/PATH*" or "DNS NAME"')
    kind = found["kind"]
    if kind and kind not in _KINDS:
        raise ValueError(f"{kind!r} is no kind of request{nearest(kind, _KINDS)}")
    if kind in ("DNS", "TLS", "CONNECT") and (found["path"] or found["scheme"]):
        raise ValueError(f"{text!r}: {kind} is about a name, without a scheme or a path")
    glob(found["host"])
    return text


Asked = Annotated[str, Field(max_length=1000), AfterValidator(_pattern)]
"""`[METHOD|DNS|TLS|CONNECT ][SCHEME://]HOST[/PATH]`, host and path as globs."""
Host = Annotated[str, Field(max_length=1000, pattern=r"^[^/\s]+$"), AfterValidator(glob)]


def names(
    asked: Iterable[str], connections: Iterable[str]
) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield (place, glob) of each host that `asked` and `connections` of an expectation name."""
    for pattern in asked:
        found = _PARTS.fullmatch(pattern)
        assert found
        yield ("asked", pattern), found["host"].lower()
    for name in connections:
        yield ("connections", name), name.lower()


def times(pattern: str, records: Iterable[Record]) -> int:
    """Count the requests that an `Asked` pattern means.

    Without a method those are HTTP requests of any method but CONNECT, which opens a tunnel.
    """
    found = _PARTS.fullmatch(pattern)
    assert found
    kind, scheme, path = found["kind"], found["scheme"], found["path"]

    def meant(record: Record) -> bool:
        if not _glob(found["host"].lower()).match(_name(record)):
            return False
        if record["kind"] != "http":
            return bool(record["kind"].upper() == kind)
        if scheme not in (None, record["scheme"]) or not _fits(kind, record["method"]):
            return False
        return path is None or bool(_glob(path).match(_path(record)))

    return sum(map(meant, records))


def _fits(kind: str | None, method: str) -> bool:
    return method != "CONNECT" if kind is None else method == kind


def connections(host: str, records: Iterable[Record]) -> int:
    """Count the connections on which a host that this glob means was spoken to, or was asked for.

    A connection through a forward proxy is one with the host behind it.
    """
    name = _glob(host.lower())
    return len(
        {
            record["connection"]
            for record in records
            if record["kind"] in ("tls", "http") and name.match(_name(record))
        }
    )


def subjects(records: Iterable[Record]) -> list[str]:
    """Return who was asked about what, each once, sorted: the same for the same behaviour.

    A name that was looked up (`DNS git.corp.example`), a server to which a handshake or a tunnel
    went (`TLS …`, `CONNECT …`), and for each scheme and host the modules, repositories, checksums
    and pages that it was asked for (`https://proxy.golang.org/rsc.io/quote`). Left out is what
    depends on timing and on caches: how often, in which order, which file of a module; and which
    parts of its tree a checksum database had to show.
    """
    return sorted({found for record in records if (found := _subject(record))})


def hosts(records: Iterable[Record]) -> dict[str, int]:
    """Return how many HTTP requests each host got, in the order in which they were first asked."""
    counts: dict[str, int] = {}
    for record in records:
        if record["kind"] == "http" and record["method"] != "CONNECT":
            counts[record["host"]] = counts.get(record["host"], 0) + 1
    return counts


def _subject(record: Record) -> str | None:
    kind = record["kind"]
    if kind in ("dns", "tls"):
        return f"{kind.upper()} {_name(record)}"
    if kind != "http" or record["endpoint"] in _PLUMBING:
        return None
    if record["method"] == "CONNECT":
        return f"CONNECT {record['host']}"
    if record["endpoint"] in ("git", "go-import"):
        return f"{record['scheme']}://{record['module']}"
    path = _FILE.sub("", _path(record))
    if record["endpoint"] == "sumdb-lookup":
        path = _LOOKUP.sub("", path)
    return f"{record['scheme']}://{record['host']}{path}"


def _name(record: Record) -> str:
    """Return the name of a host that a record is about, '' if it is about none."""
    field = {"dns": "qname", "tls": "sni", "http": "host"}.get(record["kind"], "")
    return str(record.get(field) or "").lower()


def _path(record: Record) -> str:
    return unquote(record["path"].partition("?")[0])


@cache
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))
