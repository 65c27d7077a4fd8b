"""The process that holds a lab: `python -m lab.daemon.main FOLDER`, with a JSON object as input.

What it says on standard output while the lab comes up is for `lab.daemon.start`. When it ends,
however it ends, its lab ends with it; so it does if nobody listens when the lab is up.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab.daemon.registry import Held
from lab.daemon.server import Server
from lab.errors import GolabError, LabError, in_a_line

if TYPE_CHECKING:
    from lab import labs
    from lab.go.toolchain import Toolchain
    from lab.sandbox.interface import Backend
    from lab.scenario.load import Run


_ENDING = threading.Event()


def main(request: dict[str, Any]) -> None:
    """Hold a lab until somebody says `down`, or a signal does."""
    signal.signal(signal.SIGTERM, _end)
    with contextlib.suppress(BrokenPipeError):  # whoever wanted the lab has gone
        _report(request)


def _report(request: dict[str, Any]) -> None:
    try:
        _hold(request)
    except BrokenPipeError:
        raise
    except GolabError as error:
        _tell(error=str(error), status=error.exit_status)
    except Exception as error:  # noqa: BLE001 - whoever started us must hear of it
        _tell(error=in_a_line(error), status=LabError.exit_status)


def _end(*_: object) -> None:
    if not _ENDING.is_set():  # once: what follows tidies up
        _ENDING.set()
        sys.exit(0)


def _tell(**message: Any) -> None:
    """Tell whoever started us.

    Raises:
        BrokenPipeError: nobody listens.
    """
    os.write(1, json.dumps(message).encode() + b"\n")


def _hold(request: dict[str, Any]) -> None:
    from lab import labs
    from lab.sandbox.choose import open_backend

    run = _chosen(request)
    request["arm"] = request["arm"] or ("healthy" if run.scenario.is_control else "broken")
    with contextlib.ExitStack() as stack:
        backend = stack.enter_context(
            open_backend(request["backend"], go=request["go"], say=lambda text: _tell(say=text))
        )
        toolchain = backend.toolchain(request["go"], lambda *steps: _tell(progress=steps))
        if labs.compiles(run.scenario):
            backend.warm(toolchain, lambda *steps: _tell(progress=steps))
        lab, _, client = stack.enter_context(_lab(request, run, backend, toolchain))
        held = Held(
            id=getattr(lab, "id", None) or secrets.token_hex(3),
            scenario=run.name,
            arm=request["arm"],
            backend=backend.name,
            go=toolchain.version,
            since=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            pid=os.getpid(),
        )
        if _ENDING.is_set():  # the exit was raised where it is lost, such as in a destructor
            return
        with Server(Path(request["to"]), held, lab, client) as server:
            _tell(up=asdict(held))
            with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - as it is opened for dup2
                os.dup2(nowhere.fileno(), 1)
                os.dup2(nowhere.fileno(), 2)
            server.serve()
            server.report(stack.close)


@contextlib.contextmanager
def _lab(
    request: dict[str, Any], run: Run, backend: Backend, toolchain: Toolchain
) -> Iterator[labs.Held]:
    """Start the lab that is wanted: in an arm, or as a replay leaves it."""
    from lab import labs

    if "seed" not in request:
        with labs.hold(run, request["arm"], backend, toolchain) as held:
            yield held
        return
    with labs.hold_after_replay(
        run, backend, toolchain, seed=request["seed"], observe=lambda arm: _tell(arm=arm)
    ) as (held, result):
        _tell(result=result.model_dump(mode="json"))
        yield held


def _chosen(request: dict[str, Any]) -> Run:
    from lab.scenario.load import Run, single

    return Run.model_validate(request["run"]) if "run" in request else single(request["scenario"])


if __name__ == "__main__":
    main({**json.load(sys.stdin), "to": sys.argv[1]})
