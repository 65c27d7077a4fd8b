"""Signed notes: keys, signatures, and the tree heads of a checksum database.

Sources: golang.org/x/mod/sumdb/note (keys and signatures, Ed25519) and sumdb/tlog (tree heads).
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # rules can be checked without it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ED25519 = b"\x01"
_TREE = re.compile(r"go\.sum database tree\n(?P<size>\d+)\n(?P<root>\S+)\n\n(?:\u2014 \S+ \S+\n)+")


@dataclass(frozen=True)
class Signer:
    """A server's name and the 32 bytes from which its Ed25519 key is made."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> str:
        """The public key as GOSUMDB wants it: `name+number+base64`."""
        return f"{self.name}+{self.number.hex()}+{b64encode(_ED25519 + self._public()).decode()}"

    @property
    def number(self) -> bytes:
        """The four bytes by which signatures name the key."""
        named = f"{self.name}\n".encode() + _ED25519 + self._public()
        return hashlib.sha256(named).digest()[:4]

    def sign(self, text: str) -> str:
        """Return the note: `text`, which ends in a newline, and one signature."""
        signature = b64encode(self.number + self._private().sign(text.encode())).decode()
        return f"{text}\n\u2014 {self.name} {signature}\n"

    def tree_head(self, size: int, root: bytes) -> str:
        """Return the signed head of a tree of `size` records (`/latest`)."""
        return self.sign(f"go.sum database tree\n{size}\n{b64encode(root).decode()}\n")

    def _public(self) -> bytes:
        return self._private().public_key().public_bytes_raw()

    def _private(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed)


def signer(text: str) -> Signer:
    """Read a key written `PRIVATE+KEY+<name>+<number>+<base64>`.

    Raises:
        ValueError: not such a key, or its number is not its own.
    """
    parts = text.split("+", 4)
    if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
        raise ValueError("not a note signer's key")
    _, _, name, number, encoded = parts
    raw = b64decode(encoded, validate=True)
    if len(raw) != 33 or raw[:1] != _ED25519:
        raise ValueError("not an Ed25519 key of a note signer")
    found = Signer(name, raw[1:])
    if found.number.hex() != number:
        raise ValueError(f"the key's number is {found.number.hex()}, not {number}")
    return found


def forked(message: str, by: Signer) -> str | None:
    """Put a rightly signed other tree of the same size in place of the tree head in `message`.

    Returns:
        None if there is no tree head in the message.
    """
    found = _TREE.search(message)
    if not found:
        return None
    other = hashlib.sha256(b"golab fork of " + found["root"].encode()).digest()
    return (
        message[: found.start()] + by.tree_head(int(found["size"]), other) + message[found.end() :]
    )
