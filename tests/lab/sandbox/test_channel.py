"""What comes out of a lab is data; what is no answer is said so in one line."""

from __future__ import annotations

import pickle
import socket
import threading
from collections.abc import Iterator, Sequence

import pytest

from lab.errors import LabError, UnfitError
from lab.sandbox import codec
from lab.sandbox.channel import Channel
from lab.sandbox.interface import Command


class Wire:
    """A transport over a pair of sockets."""

    said = ""

    def __init__(self, ours: socket.socket) -> None:
        self._ours = ours

    def send(self, data: bytes, descriptors: Sequence[int] = ()) -> None:
        self._ours.sendall(data)

    def receive(self) -> bytes:
        return self._ours.recv(1 << 16)

    def close(self) -> None:
        self._ours.close()


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    ours, theirs = socket.socketpair()
    channel = Channel("the client of the lab", Wire(ours))
    yield channel, theirs
    channel.close()
    theirs.close()


class Opens:
    """Unpickled, it would leave a mark."""

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, ("/tmp/golab-was-unpickled", "w")


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "sent",
    [
        pickle.dumps(Opens()) + b"\n",
        b"[1, 2]\n",
        b"null\n",
        b"{'id': 0}\n",
        b"[" * 200_000 + b"\n",
        b'{"a":' * 100_000 + b"\n",
        b'{"id": 0, "value": {"!": "Path", "of": {}}}\n',
        b'{"id": 0, "value": {"!": "Completed", "of": {"argv": [], "code": 1}}}\n',
        b'{"id": 0, "value": {"!": "bytes", "of": 7}}\n',
        b'{"id": 0, "value": {"!": "Completed", "of": []}}\n',
        b"\xff\xfe\n",
    ],
)
def test_what_is_no_message_ends_the_conversation(
    ends: tuple[Channel, socket.socket], sent: bytes
) -> None:
    channel, lab = ends
    call = channel.call("run")
    lab.sendall(sent)
    with pytest.raises(LabError, match=r"the client of the lab has ended: it sent what is no ans"):
        call.result(20)
    assert "\n" not in str(channel.ended)


def test_last_words_count_for_more_than_how_the_line_broke(
    ends: tuple[Channel, socket.socket],
) -> None:
    channel, lab = ends
    call = channel.call("run")
    lab.sendall(b'{"event": "failed", "said": "no room"}\n')
    lab.close()  # with what was asked unread: the line is reset
    with pytest.raises(LabError, match=r"^the client of the lab has ended: no room$"):
        call.result(20)


@pytest.mark.timeout(60)
def test_a_line_without_end_is_bounded(
    ends: tuple[Channel, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codec, "LONGEST", 1 << 20)
    channel, lab = ends
    call = channel.call("read")

    def flood() -> None:
        try:
            for _ in range(64):
                lab.sendall(b"x" * (1 << 16))
        except OSError:
            return

    threading.Thread(target=flood, daemon=True).start()
    with pytest.raises(LabError, match="a message of more than"):
        call.result(30)


def test_a_long_conversation_is_no_long_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "LONGEST", 50)
    splitter = codec.Splitter()
    for _ in range(20):
        assert list(splitter.take(b"x" * 20)) == []
        assert list(splitter.take(b"y" * 20 + b"\n")) == [b"x" * 20 + b"y" * 20]
    with pytest.raises(ValueError, match="a message of more than"):
        list(splitter.take(b"x" * 51))


def test_answers_to_what_nobody_asked_change_nothing(
    ends: tuple[Channel, socket.socket],
) -> None:
    channel, lab = ends
    call = channel.call("has")
    lab.sendall(b'{"id": 99, "value": 1}\n{"id": "x"}\n{"id": [1], "value": 2}\n{"value": 3}\n')
    lab.sendall(b'{"id": 0, "value": true}\n{"id": 0, "value": false}\n')
    assert call.result(10) is True


def test_errors_keep_their_kind(ends: tuple[Channel, socket.socket]) -> None:
    channel, lab = ends
    call = channel.call("prepare")
    lab.sendall(b'{"id": 0, "error": "no namespaces", "remedy": "sudo", "unfit": true}\n')
    with pytest.raises(UnfitError, match="no namespaces; sudo"):
        call.result(10)


def test_events_come_before_the_reply_and_follow_ups_go_out(
    ends: tuple[Channel, socket.socket],
) -> None:
    channel, lab = ends
    events: list[object] = []
    call = channel.call("open", on_event=events.append, command=Command(("a",), {}, "/", 1))
    call.follow("input", data=b"\x00\xff")
    lines = lab.makefile("rb")
    opened, follow = codec.decode(lines.readline()), codec.decode(lines.readline())
    assert opened["command"] == Command(("a",), {}, "/", 1)
    assert follow == {"to": opened["id"], "do": "input", "data": b"\x00\xff"}
    lab.sendall(codec.encode({"id": opened["id"], "event": "out", "data": b"x"}))
    lab.sendall(codec.encode({"id": opened["id"], "value": 4}))
    assert call.result(10) == 4
    assert events == [{"id": opened["id"], "event": "out", "data": b"x"}]
