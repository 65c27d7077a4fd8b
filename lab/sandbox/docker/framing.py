"""The engine's framing of streams without a terminal (Engine API, "Attach to a container")."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from lab.errors import LabError

STDIN, STDOUT, STDERR, SYSTEM = range(4)
"""The streams of a frame; SYSTEM is the engine's own word on what went wrong."""

_HEADER = struct.Struct(">BxxxL")


def frames(receive: Callable[[int], bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield each frame, as its stream (STDIN, STDOUT, STDERR) and content, until the stream ends.

    Args:
        receive: as `socket.recv`: at most so many bytes, none at the end.

    Raises:
        LabError: the connection broke, or ended within a frame, or the engine reports an error.
    """
    while header := _exactly(receive, _HEADER.size, may_end=True):
        stream, size = _HEADER.unpack(header)
        content = _exactly(receive, size)
        if stream == SYSTEM:
            said = content.decode("utf-8", "replace").strip()
            raise LabError(f"the Docker engine broke off: {said[:300]}")
        if stream > SYSTEM:
            raise LabError(f"the Docker engine sent a frame of an unknown stream ({stream})")
        yield stream, content


def _exactly(receive: Callable[[int], bytes], size: int, *, may_end: bool = False) -> bytes:
    content = bytearray()
    while len(content) < size:
        try:
            piece = receive(size - len(content))
        except OSError as error:
            said = error.strerror or "timed out"
            raise LabError(f"the connection to the Docker engine broke off ({said})") from None
        if not piece:
            if may_end and not content:
                break
            raise LabError("the connection to the Docker engine broke off within a message")
        content += piece
    return bytes(content)
