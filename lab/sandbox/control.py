"""How golab talks to a running edge or origin: one request on its control socket."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.errors import LabError


def call(path: Path, request: Mapping[str, Any], *, patience: float = 10.0) -> Any:
    """Ask the program that listens at `path`, waiting at most `patience` seconds for its answer.

    Raises:
        LabError: nobody answers, or the program could not do what it was asked.
    """
    from faults.protocol import Client, ControlError  # a client's container has neither, nor asks

    try:
        with Client.connect(path, patience) as client:
            return client.call(**request)
    except ControlError as error:
        raise LabError(f"the {path.stem} of the lab: {error}") from None
