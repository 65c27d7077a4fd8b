"""Module zips made anew, or damaged."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

_LOCAL = struct.Struct("<4s5H3I2H")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def renamed(data: bytes, prefix: str) -> bytes:
    """Pack the same files under another `module@version/` prefix.

    Raises:
        zipfile.BadZipFile: not a zip.
    """
    files = _files(data)
    return _pack({prefix + name.partition("@")[2].partition("/")[2]: files[name] for name in files})


def patched(data: bytes, replace: Mapping[str, str]) -> bytes:
    """Pack the same files with text replaced; `data` itself if nothing was found.

    Raises:
        zipfile.BadZipFile: not a zip.
    """
    files = _files(data)
    changed = dict(files)
    for find, put in replace.items():
        changed = {
            name: text.replace(find.encode(), put.encode()) for name, text in changed.items()
        }
    return data if changed == files else _pack(changed)


def flipped(data: bytes, where: float) -> tuple[bytes, int]:
    """Flip one bit of the first file's packed data; `where` in [0, 1) chooses it.

    Returns:
        The damaged bytes, and the bit's place counted from the start of the zip.

    Raises:
        ValueError: the zip has no packed data.
        zipfile.BadZipFile: not a zip.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        file = max(archive.infolist(), key=lambda info: info.compress_size, default=None)
    if file is None or not file.compress_size:
        raise ValueError("the zip has no data to damage")
    header = _LOCAL.unpack_from(data, file.header_offset)
    start = file.header_offset + _LOCAL.size + header[-2] + header[-1]
    bit = start * 8 + int(where * file.compress_size * 8)
    damaged = bytearray(data)
    damaged[bit // 8] ^= 1 << (bit % 8)
    return bytes(damaged), bit


def _files(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _pack(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return packed.getvalue()
