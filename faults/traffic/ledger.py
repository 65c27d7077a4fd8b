"""The ledger: every query, handshake and request in order, and what the rules did to each."""

from __future__ import annotations

import copy
import time
from collections import deque
from itertools import islice
from typing import Any

Record = dict[str, Any]
KEPT = 100_000


class Ledger:
    """Records as plain JSON-able dicts; the oldest go when there are more than `KEPT`."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque(maxlen=KEPT)
        self._start = time.monotonic()
        self._numbers: dict[str, int] = {}
        self._connections = 0
        self.opened = 0
        """How many records there ever were."""

    def restart(self) -> None:
        """Count `t` from now on; the records stay."""
        self._start = time.monotonic()

    def age(self) -> float:
        """Return the seconds since `restart`."""
        return time.monotonic() - self._start

    def number(self, client: str) -> int:
        """Return the number under which the connection of this id is on record, from 1."""
        if client not in self._numbers:
            self._connections += 1
            self._numbers[client] = self._connections
        return self._numbers[client]

    def forget(self, client: str) -> None:
        """Forget a connection that has ended; its number is not used again."""
        self._numbers.pop(client, None)

    def open(self, kind: str, **fields: Any) -> Record:
        """Append a record and return it, to be completed as the exchange goes on."""
        record: Record = {"kind": kind, "t": round(self.age(), 6), **fields}
        if kind != "error":
            record["fired"] = []
        self._records.append(record)
        self.opened += 1
        return record

    def error(self, rule: str, word: str, error: BaseException) -> None:
        """Record that a rule raised: what it touched was failed, not passed."""
        self.open("error", rule=rule, do=word, error=f"{type(error).__name__}: {error}")

    def snapshot(self, after: int = 0) -> list[Record]:
        """Return a copy of all records, without the first `after` that there ever were."""
        skipped = max(0, after - (self.opened - len(self._records)))
        return copy.deepcopy(list(islice(self._records, skipped, None)))

    def clear(self) -> None:
        """Forget all records."""
        self._records.clear()


def subject(record: Record) -> str:
    """Say in a few words what a record is about."""
    match record["kind"]:
        case "http":
            return f"{record['method']} {record['scheme']}://{record['host']}{record['path']}"
        case "dns":
            return f"{record['qtype']} {record['qname']}"
        case "tls":
            return f"a handshake for {record['sni'] or 'no name'}"
    return f"port {record['port']}"
