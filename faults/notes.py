"""Signed notes of a checksum database: reading a tree head and signing another.

Sources: golang.org/x/mod/sumdb/note (keys and signatures, Ed25519) and sumdb/tlog (tree heads).
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ED25519 = 1
_TREE = re.compile(r"go\.sum database tree\n(?P<size>\d+)\n(?P<root>\S+)\n\n(?:\u2014 \S+ \S+\n)+")


@dataclass(frozen=True)
class Signer:
    """A database's name, key number and private key."""

    name: str
    number: bytes
    key: Ed25519PrivateKey


def signer(text: str) -> Signer:
    """Read a key written `PRIVATE+KEY+<name>+<number>+<base64>`.

    Raises:
        ValueError: not such a key, or its number is not its own.
    """
    parts = text.split("+", 4)
    if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
        raise ValueError("not a note signer's key")
    _, _, name, number, encoded = parts
    raw = base64.b64decode(encoded, validate=True)
    if len(raw) != 33 or raw[0] != _ED25519:
        raise ValueError("not an Ed25519 key of a note signer")
    key = Ed25519PrivateKey.from_private_bytes(raw[1:])
    if key_number(name, key).hex() != number:
        raise ValueError(f"the key's number is {key_number(name, key).hex()}, not {number}")
    return Signer(name, key_number(name, key), key)


def key_number(name: str, key: Ed25519PrivateKey) -> bytes:
    """Return the four bytes by which signatures name a key."""
    public = key.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    return hashlib.sha256(name.encode() + b"\n" + bytes([_ED25519]) + public).digest()[:4]


def sign(text: str, by: Signer) -> str:
    """Return the note: `text`, which ends in a newline, and one signature."""
    signature = base64.b64encode(by.number + by.key.sign(text.encode())).decode()
    return f"{text}\n\u2014 {by.name} {signature}\n"


def forked(message: str, by: Signer) -> str | None:
    """Put a rightly signed other tree of the same size in place of the tree head in `message`.

    Returns:
        None if there is no tree head in the message.
    """
    found = _TREE.search(message)
    if not found:
        return None
    other = hashlib.sha256(b"golab fork of " + found["root"].encode()).digest()
    root = base64.b64encode(other).decode()
    head = sign(f"go.sum database tree\n{found['size']}\n{root}\n", by)
    return message[: found.start()] + head + message[found.end() :]
