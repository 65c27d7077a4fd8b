"""How golab and the parts of a lab speak: lines of JSON, many requests at once.

    request     {"id": 7, "do": "run", …arguments…}
    reply       {"id": 7, "value": …}  or  {"id": 7, "error": "…", "remedy": "…", "unfit": true}
    event       {"id": 7, "event": "out", …}      before the reply, for requests that take a while
    last words  {"error": "…", …}                 why the part ends, whatever it has been asked
    follow-up   {"to": 7, "do": "input", …}       to a request that has no reply yet

What comes out of a lab is data and nothing else: it is never unpickled, never evaluated, and a
line that is too long ends the conversation.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from lab.sandbox.interface import Answer, Command, Completed, Handshake, Listed, Request

LONGEST = 64 << 20
"""Bytes of a line; the bodies and outputs that travel are bounded far below."""

_TRAVEL = (Command, Completed, Request, Answer, Handshake, Listed)
_CLASSES = {kind.__name__: kind for kind in _TRAVEL}


def encode(message: Any) -> bytes:
    """Return a message as one line."""
    return json.dumps(message, default=_plain, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """Return the message of a line.

    Raises:
        ValueError: it is none.
    """
    try:
        message = json.loads(line, object_hook=_object)
    except (RecursionError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"no message: {type(error).__name__}") from None
    if not isinstance(message, dict):
        raise ValueError("a message is an object")  # noqa: TRY004 - for whoever reads lines
    return message


class Splitter:
    """Puts lines together from the pieces that come."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def take(self, piece: bytes) -> Iterator[bytes]:
        """Yield the lines that end in this piece.

        Raises:
            ValueError: a line is longer than `LONGEST`.
        """
        *whole, rest = piece.split(b"\n")
        for line in whole:
            yield b"".join([*self._pieces, line])
            self._pieces, self._size = [], 0
        self._pieces.append(rest)
        self._size += len(rest)
        if self._size > LONGEST:
            raise ValueError(f"a message of more than {LONGEST >> 20} MB")


def lines(receive: Callable[[], bytes]) -> Iterator[bytes]:
    """Split what comes into lines; what stands behind the last one is dropped.

    Args:
        receive: returns the next bytes, none at the end.

    Raises:
        ValueError: a line is longer than `LONGEST`.
    """
    splitter = Splitter()
    while piece := receive():
        yield from splitter.take(piece)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"!": "bytes", "of": base64.b64encode(value).decode("ascii")}
    if is_dataclass(value) and type(value).__name__ in _CLASSES:
        content = {field.name: getattr(value, field.name) for field in fields(value)}
        return {"!": type(value).__name__, "of": content}
    raise TypeError(f"{type(value).__name__} does not travel")


def _object(value: dict[str, Any]) -> Any:
    kind = value.get("!")
    if kind is None:
        return value
    if kind == "bytes":
        return base64.b64decode(value["of"])
    if kind not in _CLASSES:
        raise ValueError(f"no {kind!r} travels here")
    content = value["of"]
    if "argv" in content:
        content["argv"] = tuple(content["argv"])
    return _CLASSES[kind](**content)
