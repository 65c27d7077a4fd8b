"""One request of golab's, served inside the lab by a process of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from lab.errors import LabError
from lab.sandbox import client_ops, linux, network
from lab.sandbox.control import call
from lab.sandbox.interface import Command, Completed
from lab.sandbox.local import root, sealed
from lab.sandbox.local.layout import Layout


def serve(connection: Connection, layout: Layout) -> None:
    """Receive one `(operation, arguments)`, carry it out, send back `(value, error)`."""
    operation, value = "a request", None
    failure: LabError | None = None
    try:
        operation, arguments = connection.recv()
        handler = OPERATIONS.get(operation)
        if handler is None:  # outside of the client's root: edge and origin
            value = call(layout.control(operation), *arguments)
        else:
            root.enter(layout.root)
            value = handler(*arguments)
    except LabError as error:
        failure = error
    except Exception as error:  # noqa: BLE001 - whatever it is, golab must hear of it
        failure = LabError(f"{operation} failed in the lab: {type(error).__name__}: {error}")
    with contextlib.suppress(OSError):  # golab is gone, or no longer interested
        connection.send((value, failure))


def run(command: Command) -> Completed:
    """Run a command as the client, who has no privileges."""
    return client_ops.execute(command, linux.drop_privileges)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "write": client_ops.write,
    "read": client_ops.read,
    "remove": client_ops.remove,
    "has": client_ops.has,
    "run": run,
    "fetch": network.fetch,
    "resolve": network.resolve,
    "handshake": network.handshake,
    "leaks": sealed.leaks,
}
