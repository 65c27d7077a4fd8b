"""Module zips that are the same bytes on every machine, and their h1 sums.

Entries are stored, not deflated, and carry the one time that all of Go's zips carry (none), so
neither the zlib build nor the clock shows. Layout: ref/mod#zip-files; h1: x/mod/sumdb/dirhash.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from base64 import b64encode
from collections.abc import Mapping

# x/mod/zip: MaxZipFile, MaxGoMod, MaxLICENSE, in bytes.
MAX_ZIP = 500 << 20
MAX_GO_MOD = MAX_LICENSE = 16 << 20


def pack(path: str, version: str, files: Mapping[str, bytes]) -> bytes:
    """Return the zip of one module version; `files` maps slash-separated names to contents."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{path}@{version}/{name}", (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def h1(files: Mapping[str, bytes]) -> str:
    """Return the `h1:` sum over full names and contents (dirhash.Hash1)."""
    lines = "".join(
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)
    )
    return "h1:" + b64encode(hashlib.sha256(lines.encode()).digest()).decode()


def zip_sum(path: str, version: str, files: Mapping[str, bytes]) -> str:
    """Return the h1 sum of a module's zip, as the first of its go.sum lines gives it."""
    return h1({f"{path}@{version}/{name}": data for name, data in files.items()})


def mod_sum(go_mod: bytes) -> str:
    """Return the h1 sum of a go.mod, as the `/go.mod` line of go.sum gives it."""
    return h1({"go.mod": go_mod})


def sum_lines(path: str, version: str, zip_hash: str, mod_hash: str) -> str:
    """Return the two go.sum lines of a module version: a record of the checksum database."""
    return f"{path} {version} {zip_hash}\n{path} {version}/go.mod {mod_hash}\n"
