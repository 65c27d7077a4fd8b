"""The checksum database: lookups, tiles and signed heads of a log that can grow (x/mod/sumdb)."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode

from lab.origin.message import LONG, SHORT, Response, not_found, text
from lab.world import modzip, tlog
from lab.world.modpath import unescape
from lab.world.tree import Tree

_LOOKUP = re.compile(r"([^@]+)@(v[0-9]+\.[0-9]+\.[0-9]+(?:-[^@]*)?(?:\+incompatible)?)")
_TILE = re.compile(
    r"([0-9]{1,2})/(data|[0-9]{1,2})/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)


class Ledger:
    """One checksum database while it is served: what it has published so far.

    The database starts with the records of the tree, or with the first `Sumdb.size` of them, and
    publishes any other when it is looked up for the first time. With `forked` it is a second
    database under the same name and key, whose sums differ for the modules in `Sumdb.fork`
    (for all of them, if that is empty).
    """

    def __init__(self, tree: Tree, *, forked: bool = False) -> None:
        self._sumdb = tree.index.sumdb
        self._forked = forked
        self._waiting = {record[:2]: record[2:] for record in self._sumdb.records}
        self._published: dict[tuple[str, str], int] = {}
        self._texts: list[bytes] = []
        self._log = tlog.Tree()
        self._heads: dict[int, bytes] = {}
        if not forked and self._sumdb.size is None:
            self._heads[len(self._waiting)] = self._sumdb.head.encode()
        self.grow(len(self._waiting) if self._sumdb.size is None else self._sumdb.size)

    @property
    def size(self) -> int:
        """How many records are published."""
        return len(self._texts)

    def grow(self, size: int) -> None:
        """Publish records in their order until there are `size`, or no more."""
        for record in list(self._waiting)[: max(0, size - self.size)]:
            self._publish(record)

    def answer(self, path: str, absent: tuple[str, ...] = ()) -> Response:
        """Answer `/latest`, `/lookup/M@V` or `/tile/H/L/N[.p/W]`; anything else is a 404.

        Args:
            path: below the database's own address.
            absent: `path@version` of what is not published and so cannot be looked up.
        """
        if path == "/latest":
            return text(200, self.head(), cache=SHORT)
        if path.startswith("/lookup/"):
            return self._lookup(path.removeprefix("/lookup/"), absent)
        if path.startswith("/tile/"):
            return self._tile(path.removeprefix("/tile/"))
        return not_found(path)

    def head(self) -> bytes:
        """Return the signed head of what is published."""
        if self.size not in self._heads:
            key = tlog.signer(self._sumdb.name)
            self._heads[self.size] = key.tree_head(self.size, self._log.root(self.size)).encode()
        return self._heads[self.size]

    def _lookup(self, asked: str, absent: tuple[str, ...]) -> Response:
        found = _LOOKUP.fullmatch(asked)
        path, version = (unescape(found[1]), unescape(found[2])) if found else (None, None)
        if path is None or version is None:
            return text(400, "bad request: invalid module@version syntax", cache="")
        record = (path, version)
        if f"{path}@{version}" in absent:
            return not_found(f"{path}@{version}: invalid version: unknown revision {version}")
        if record in self._waiting:
            self._publish(record)
        number = self._published.get(record)
        if number is None:
            return not_found(f"{path}@{version}: no such module version in this world")
        return text(200, b"%d\n%s\n%s" % (number, self._texts[number], self.head()), cache=LONG)

    def _tile(self, asked: str) -> Response:
        found = _TILE.fullmatch(asked)
        if not found or int(found[1]) != tlog.HEIGHT:
            return text(400, "bad request: invalid tile syntax", cache="")
        index = int(found[3].replace("x", "").replace("/", ""))
        width = int(found[4] or tlog.WIDTH)
        if found[2] == "data":
            part = self._texts[index * tlog.WIDTH : index * tlog.WIDTH + width]
            if width <= tlog.WIDTH and len(part) == width:
                return text(200, b"".join(record + b"\n" for record in part), cache=LONG)
        else:
            hashes = self._log.tile(int(found[2]), index, width, self.size)
            if hashes is not None:
                headers = (("content-type", "application/octet-stream"), ("cache-control", LONG))
                return Response(200, headers, hashes)
        return not_found(f"tile/{asked}: the size of the tree is {self.size}")

    def _publish(self, record: tuple[str, str]) -> None:
        sums = self._waiting.pop(record)
        path, version = record
        named = f"{path}@{version}" in self._sumdb.fork or not self._sumdb.fork
        if self._forked and named:
            digest = hashlib.sha256(f"another {path}@{version}".encode()).digest()
            sums = (f"h1:{b64encode(digest).decode()}", sums[1])
        line = modzip.sum_lines(path, version, *sums).encode()
        self._published[record] = len(self._texts)
        self._texts.append(line)
        self._log.append(line)
