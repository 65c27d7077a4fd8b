"""What the edge of a held lab has seen, and what its origin was asked: records, as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from lab.daemon.client import GoneError, edge, origin
from lab.daemon.registry import Held
from lab.sandbox.controls import Records

_PAUSE = 0.3
_PATIENCE = 2.0
"""Seconds that a record may wait for its answer before it is shown without."""

Record = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A program of the lab that keeps records.

    Attributes:
        ask: returns the records of a lab behind the first so many, and how many there ever were.
        line: a record as a line for people.
        open: whether a record still waits for an answer.
    """

    ask: Callable[[Held, int], Records]
    line: Callable[[Record], str]
    open: Callable[[Record], bool]


def records(lab: Held, source: Source, *, follow: bool) -> Iterator[Record]:
    """Yield the records of a lab in the order in which they are complete.

    Args:
        lab: whose.
        source: `EDGE` or `ORIGIN`.
        follow: whether to go on until the lab ends; a record that waits for its answer then comes
            once it has it, or after two seconds.

    Raises:
        LabError: the lab has gone, or cannot say.
    """
    seen = 0  # all before this one have been yielded
    done: set[int] = set()
    since: dict[int, float] = {}
    while True:
        try:
            found, total = source.ask(lab, seen)
        except GoneError:
            if follow and (seen or done):
                return
            raise
        for number, record in enumerate(found, total - len(found)):
            waited = time.monotonic() - since.setdefault(number, time.monotonic())
            if number in done or (follow and source.open(record) and waited < _PATIENCE):
                continue
            done.add(number)
            yield record
        if not follow:
            return
        while seen in done or seen < total - len(found):
            done.discard(seen)
            since.pop(seen, None)
            seen += 1
        time.sleep(_PAUSE)


def _waits(record: Record) -> bool:
    match record["kind"]:
        case "http":
            return record["status"] is None and "error" not in record
        case "dns":
            return record["rcode"] is None
        case "tls":
            return bool(record["outcome"] == "started")
    return False


def _edge_line(record: Record) -> str:
    fired = [f"fault {fault['rule']}: {fault['do']}" for fault in record.get("fired", ())]
    kind = record["kind"]
    return "  ".join([f"{record['t']:9.3f}", f"{kind:<4}", _EDGE[kind](record), *fired])


def _http(record: Record) -> str:
    status, from_origin = record["status"], record["origin_status"]
    answer = str(status) if status else record.get("error", "no answer")
    said = f" (origin {from_origin})" if from_origin not in (None, status) else ""
    url = f"{record['scheme']}://{record['host']}{record['path']}"
    return f"{record['method']} {url}  {answer}{said}"


def _dns(record: Record) -> str:
    answers = " ".join(answer.rpartition(" ")[2] for answer in record.get("answers", ()))
    said = record["rcode"] or "no answer"
    return f"{record['qtype']} {record['qname']}  {said} {answers}".rstrip()


def _tls(record: Record) -> str:
    said = record["outcome"]
    if record.get("error"):
        said += f" ({record['error']})"
    return f"{record['sni'] or 'no server name'}  {said}"


def _error(record: Record) -> str:
    if part := record.get("part"):
        return f"the {part} of the lab: {record['error']}"
    return f"rule {record['rule']} ({record['do']}) failed: {record['error']}"


_EDGE: dict[str, Callable[[Record], str]] = {
    "http": _http,
    "dns": _dns,
    "tls": _tls,
    "tcp": lambda record: f"port {record['port']}",
    "error": _error,
}


def _origin_line(record: Record) -> str:
    user = record["user"] or "nobody"
    url = f"{record['host']}{record['path']}"
    return (
        f"{record['t']:9.3f}  {record['method']} {url}  {record['status']}"
        f"  {record['bytes']} bytes, as {user}"
    )


EDGE = Source(lambda lab, after: edge(lab).ledger(after), _edge_line, _waits)
ORIGIN = Source(lambda lab, after: origin(lab).log(after), _origin_line, lambda _: False)
