"""The checksum database as a transparent log: Merkle tree (RFC 6962) and tiles.

Tiles follow golang.org/x/mod/sumdb/tlog; for signed heads see `faults.goproto.signed_note`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from faults.goproto.signed_note import Signer

HEIGHT = 8
WIDTH = 1 << HEIGHT


def leaf_hash(record: bytes) -> bytes:
    """Return the hash of one record (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The hashes of a growing log: `levels[k][i]` covers the records i·2^k up to (i+1)·2^k."""

    def __init__(self, records: Sequence[bytes] = ()) -> None:
        self.levels: list[list[bytes]] = [[]]
        for record in records:
            self.append(record)

    def append(self, record: bytes) -> None:
        """Add one record and every complete subtree that it completes."""
        digest, level = leaf_hash(record), 0
        self.levels[0].append(digest)
        while len(self.levels[level]) % 2 == 0:
            digest = node_hash(self.levels[level][-2], digest)
            level += 1
            if level == len(self.levels):
                self.levels.append([])
            self.levels[level].append(digest)

    def root(self, size: int) -> bytes:
        """Return the tree hash of the first `size` records; there must be as many."""
        if not 0 <= size <= len(self.levels[0]):
            raise ValueError(f"the log has {len(self.levels[0])} records, not {size}")
        digest, end = b"", size
        for level in range(size.bit_length()):
            if size >> level & 1:
                subtree = self.levels[level][(end >> level) - 1]
                digest = node_hash(subtree, digest) if digest else subtree
                end -= 1 << level
        return digest or hashlib.sha256(b"").digest()

    def tile(self, level: int, index: int, width: int, size: int) -> bytes | None:
        """Return the hashes of a tile as the tree of `size` records has it; None if it has not.

        Args:
            level: in tiles, each HEIGHT levels of the tree high.
            index: the tile's place in its row.
            width: how many hashes, 1 to 256; fewer than 256 only for a row's last tile.
            size: of the tree as it was published.
        """
        start = index * WIDTH
        if not 1 <= width <= WIDTH or start + width > size >> (level * HEIGHT):
            return None
        return b"".join(self.levels[level * HEIGHT][start : start + width])


def signer(name: str, phrase: str = "golab checksum database") -> Signer:
    """Return the key that this name and phrase always give: worlds are the same everywhere."""
    return Signer(name, hashlib.sha256(f"{phrase}\n{name}".encode()).digest())
