"""What an engine sends over an attached connection, in the words of its API."""

from __future__ import annotations

import io
import struct

import pytest

from lab.errors import LabError
from lab.sandbox.docker.framing import STDERR, STDOUT, SYSTEM, frames


def frame(stream: int, content: bytes) -> bytes:
    return struct.pack(">B3xL", stream, len(content)) + content


def test_frames_come_whole_however_they_are_cut() -> None:
    sent = io.BytesIO(frame(STDOUT, b"out") + frame(STDERR, b"") + frame(STDOUT, b"x" * 70000))
    whole = list(frames(lambda size: sent.read(min(size, 7))))
    assert whole == [(STDOUT, b"out"), (STDERR, b""), (STDOUT, b"x" * 70000)]


@pytest.mark.parametrize("kept", [1, 7, 8, 10])
def test_a_frame_that_breaks_off_is_no_end(kept: int) -> None:
    sent = io.BytesIO(frame(STDOUT, b"whole") + frame(STDOUT, b"cut")[:kept])
    received = frames(sent.read)
    assert next(received) == (STDOUT, b"whole")
    with pytest.raises(LabError, match="broke off within a message"):
        next(received)


def test_an_error_of_the_engine_is_said() -> None:
    sent = io.BytesIO(frame(STDOUT, b"out") + frame(SYSTEM, b"container is paused\n"))
    received = frames(sent.read)
    assert next(received) == (STDOUT, b"out")
    with pytest.raises(LabError, match=r"^the Docker engine broke off: container is paused$"):
        next(received)
