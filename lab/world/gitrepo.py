"""Bare git repositories written object by object: the same hashes and bytes on every machine.

git itself would put its version and zlib's into the packs it makes, and cost a process for each
step; a pack of whole objects is simple enough (git's Documentation/gitformat-pack).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

_AUTHOR = "Gopher <gopher@golab.example>"
_BLOCK = 0xFFFF
_KINDS = {"commit": 1, "tree": 2, "blob": 3}


class Repository:
    """A repository in memory until `write` puts it into a directory."""

    def __init__(self) -> None:
        self._objects: dict[bytes, tuple[int, bytes]] = {}
        self.heads: dict[str, str] = {}
        self.tags: dict[str, str] = {}

    def commit(self, branch: str, files: Mapping[str, bytes], time: datetime, message: str) -> str:
        """Put a commit with exactly these files at the end of `branch`; return its hash.

        Args:
            branch: begun if it is new.
            files: slash-separated names to contents; all are plain files.
            time: when, to the second, as author and committer have it.
            message: one line.
        """
        stamp = f"{_AUTHOR} {int(time.timestamp())} +0000"
        lines = [f"tree {self._tree(files)}"]
        if branch in self.heads:
            lines.append(f"parent {self.heads[branch]}")
        lines += [f"author {stamp}", f"committer {stamp}", "", message, ""]
        self.heads[branch] = self._add("commit", "\n".join(lines).encode())
        return self.heads[branch]

    def write(self, directory: Path) -> None:
        """Write the repository as a new bare directory that git can serve."""
        for name in ("objects/pack", "refs"):
            (directory / name).mkdir(parents=True)
        first = "master" if "master" in self.heads else min(self.heads, default="master")
        (directory / "HEAD").write_text(f"ref: refs/heads/{first}\n")
        (directory / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
        refs = {f"refs/heads/{name}": commit for name, commit in self.heads.items()}
        refs |= {f"refs/tags/{name}": commit for name, commit in self.tags.items()}
        (directory / "packed-refs").write_text(
            "# pack-refs with: peeled fully-peeled sorted \n"
            + "".join(f"{commit} {name}\n" for name, commit in sorted(refs.items()))
        )
        pack, index = _pack(self._objects)
        stem = directory / "objects" / "pack" / f"pack-{pack[-20:].hex()}"
        stem.with_suffix(".pack").write_bytes(pack)
        stem.with_suffix(".idx").write_bytes(index)

    def _tree(self, files: Mapping[str, bytes]) -> str:
        entries: dict[str, tuple[str, str]] = {}
        below: dict[str, dict[str, bytes]] = {}
        for name, data in files.items():
            top, slash, rest = name.partition("/")
            if slash:
                below.setdefault(top, {})[rest] = data
            else:
                entries[name] = ("100644", self._add("blob", data))
        for name, part in below.items():
            # git sorts a directory as though its name ended in a slash.
            entries[name + "/"] = ("40000", self._tree(part))
        body = b"".join(
            f"{mode} {name.rstrip('/')}".encode() + b"\0" + bytes.fromhex(digest)
            for name, (mode, digest) in sorted(entries.items(), key=lambda item: item[0].encode())
        )
        return self._add("tree", body)

    def _add(self, kind: str, data: bytes) -> str:
        framed = f"{kind} {len(data)}".encode() + b"\0" + data
        name = hashlib.sha1(framed, usedforsecurity=False)
        self._objects[name.digest()] = (_KINDS[kind], data)
        return name.hexdigest()


def _pack(objects: Mapping[bytes, tuple[int, bytes]]) -> tuple[bytes, bytes]:
    """Return a pack of these objects by name, and its index (version 2 of each)."""
    names = sorted(objects)
    pack = [b"PACK" + struct.pack(">II", 2, len(names))]
    offsets, checks, offset = list[int](), list[int](), len(pack[0])
    for name in names:
        entry = _entry(*objects[name])
        offsets.append(offset)
        checks.append(zlib.crc32(entry))
        offset += len(entry)
        pack.append(entry)
    pack.append(_sha1(b"".join(pack)))
    fan = [bisect_right(names, bytes([first]) + b"\xff" * 20) for first in range(256)]
    index = b"\xfftOc" + struct.pack(">I256I", 2, *fan) + b"".join(names)
    index += struct.pack(f">{2 * len(names)}I", *checks, *offsets) + pack[-1]
    return b"".join(pack), index + _sha1(index)


def _entry(kind: int, data: bytes) -> bytes:
    """Return an object as a pack holds it: kind and size in groups of bits, then the content."""
    size, first = len(data) >> 4, kind << 4 | len(data) & 15
    head = bytearray()
    while size:
        head.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    return bytes([*head, first]) + _stored(data)


def _sha1(data: bytes) -> bytes:
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _stored(data: bytes) -> bytes:
    """Return `data` as a zlib stream of stored blocks (RFC 1950, RFC 1951 section 3.2.4)."""
    parts = [b"\x78\x01"]
    for start in range(0, max(1, len(data)), _BLOCK):
        block = data[start : start + _BLOCK]
        last = start + _BLOCK >= len(data)
        parts.append(struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block)
    return b"".join(parts) + struct.pack(">I", zlib.adler32(data))
