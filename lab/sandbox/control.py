"""How golab talks to a running edge or origin: one JSON line each way on a Unix socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.errors import LabError


def call(path: Path, request: Mapping[str, Any], *, patience: float = 10.0) -> dict[str, Any]:
    """Ask the program that listens at `path`, waiting at most `patience` seconds for its answer.

    Raises:
        LabError: nobody answers, or the program could not do what it was asked.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(patience)
        try:
            connection.connect(str(path))
            connection.sendall(json.dumps(request).encode() + b"\n")
            answer = connection.makefile("rb").readline()
        except OSError as error:
            raise LabError(f"the {path.stem} of the lab does not answer: {error}") from None
    if not answer:
        raise LabError(f"the {path.stem} of the lab closed its control socket without an answer")
    reply: dict[str, Any] = json.loads(answer)
    if "error" in reply:
        raise LabError(f"the {path.stem} of the lab: {reply['error']}")
    return reply
