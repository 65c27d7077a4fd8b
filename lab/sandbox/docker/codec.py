"""How golab and the first process of a container speak: a line of JSON each way, many at once.

A request is `{"id", "do", "with": […]}`, a reply `{"id", "value"}` or `{"id", "error"}`. What
comes out of a container is data and nothing else: it is never unpickled, never evaluated.
"""

from __future__ import annotations

import base64
import json
from dataclasses import fields, is_dataclass
from typing import Any

from lab.sandbox.interface import Answer, Command, Completed

_CLASSES = {kind.__name__: kind for kind in (Command, Completed, Answer)}


def encode(message: Any) -> bytes:
    """Return a message as one line."""
    return json.dumps(message, default=_plain, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Any:
    """Return the message of a line.

    Raises:
        ValueError: it is none.
    """
    return json.loads(line, object_hook=_object)


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
