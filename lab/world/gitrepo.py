"""Bare git repositories written object by object: the same hashes and bytes on every machine.

git itself would put its version and zlib's into the packs it makes, and cost a process for each
step; the loose format is four lines (git-scm.com/docs/gitformat-loose, git-commit-tree).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

_AUTHOR = "Gopher <gopher@golab.example>"
_BLOCK = 0xFFFF


class Repository:
    """A repository in memory until `write` puts it into a directory."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
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
        for name in ("objects", "refs"):
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
        for name, stored in self._objects.items():
            folder = directory / "objects" / name[:2]
            folder.mkdir(exist_ok=True)
            (folder / name[2:]).write_bytes(stored)

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
        name = hashlib.sha1(framed, usedforsecurity=False).hexdigest()
        if name not in self._objects:
            self._objects[name] = _stored(framed)
        return name


def _stored(data: bytes) -> bytes:
    """Return `data` as a zlib stream of stored blocks (RFC 1950, RFC 1951 section 3.2.4)."""
    parts = [b"\x78\x01"]
    for start in range(0, len(data), _BLOCK):
        block = data[start : start + _BLOCK]
        last = start + _BLOCK >= len(data)
        parts.append(struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block)
    return b"".join(parts) + struct.pack(">I", zlib.adler32(data))
