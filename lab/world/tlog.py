"""The checksum database as a transparent log: Merkle tree (RFC 6962), tiles, signed heads.

Tiles and notes follow golang.org/x/mod/sumdb/tlog and /note.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

HEIGHT = 8
WIDTH = 1 << HEIGHT
_ED25519 = b"\x01"


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


@dataclass(frozen=True)
class Signer:
    """An ed25519 key that signs tree heads under a server name."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> str:
        """The key as GOSUMDB wants it: `name+hash+base64`."""
        public = _ED25519 + self._public()
        return f"{self.name}+{self._key_hash().hex()}+{b64encode(public).decode()}"

    def head(self, size: int, root: bytes) -> bytes:
        """Return the signed tree head of a log of `size` records (`/latest`)."""
        text = f"go.sum database tree\n{size}\n{b64encode(root).decode()}\n"
        signature = b64encode(self._key_hash() + self._private().sign(text.encode())).decode()
        return f"{text}\n\u2014 {self.name} {signature}\n".encode()

    def _key_hash(self) -> bytes:
        return hashlib.sha256(f"{self.name}\n".encode() + _ED25519 + self._public()).digest()[:4]

    def _public(self) -> bytes:
        return self._private().public_key().public_bytes_raw()

    def _private(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed)


def signer(name: str, phrase: str = "golab checksum database") -> Signer:
    """Return the key that this name and phrase always give: worlds are the same everywhere."""
    return Signer(name, hashlib.sha256(f"{phrase}\n{name}".encode()).digest())
