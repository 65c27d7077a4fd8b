"""Labs that stay: a process of its own holds each, and answers on a socket until it is told to go.

Run as `python -m lab.holding` with a JSON object as its argument; its first line of output says
what became of it. When it ends, however it ends, its lab ends with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab.errors import GolabError, LabError, UsageError

_START_LIMIT = 120.0
_END_LIMIT = 20.0


@dataclass(frozen=True)
class Held:
    """A lab that is held open."""

    id: str
    scenario: str
    arm: str
    backend: str
    go: str
    pid: int
    entrance: str

    @property
    def door(self) -> Path:
        """The socket of its holder."""
        return folder() / f"{self.id}.sock"


def folder() -> Path:
    """Return the directory in which holders are found: this user's, and no other's.

    Raises:
        LabError: somebody else has it.
    """
    place = os.environ.get("XDG_RUNTIME_DIR")
    chosen = Path(place or tempfile.gettempdir()) / f"golab-{os.getuid()}"
    chosen.mkdir(mode=0o700, exist_ok=True)
    status = chosen.lstat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise LabError(f"{chosen} is not ours alone; remove it")
    return chosen


def held() -> list[Held]:
    """Return the labs that are held open on this machine; forget those whose holder has gone."""
    found = []
    for path in sorted(folder().glob("*.json")):
        try:
            lab = Held(**json.loads(path.read_text()))
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(lab.door))
        except (OSError, ValueError, TypeError):
            path.unlink(missing_ok=True)
            path.with_suffix(".sock").unlink(missing_ok=True)
            continue
        found.append(lab)
    return found


def find(name: str) -> Held:
    """Return the lab of this id, or the only one of this scenario.

    Raises:
        UsageError: there is none, or there are several.
    """
    labs = held()
    fitting = [lab for lab in labs if name in (lab.id, lab.scenario)]
    if not fitting:
        known = ", ".join(f"{lab.id} ({lab.scenario})" for lab in labs) or "none; `golab up` it"
        raise UsageError(f"no lab {name!r} is up; there are: {known}")
    if len(fitting) > 1:
        ids = ", ".join(lab.id for lab in fitting)
        raise UsageError(f"{name} is up {len(fitting)} times: say which, of {ids}")
    return fitting[0]


def ask(lab: Held, do: str, **rest: Any) -> Any:
    """Ask a lab's holder for something.

    Raises:
        LabError: it cannot, or has gone.
    """
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(lab.door))
            connection.sendall(json.dumps({"do": do, **rest}).encode() + b"\n")
            line = connection.makefile("rb").readline()
    except OSError as error:
        raise LabError(f"lab {lab.id} has gone: {error.strerror}") from None
    if not line:
        raise LabError(f"lab {lab.id} has gone in the middle of a request")
    answer = json.loads(line)
    if "error" in answer:
        raise LabError(answer["error"])
    return answer["value"]


def down(lab: Held) -> None:
    """End a lab, and wait until nothing of it is left.

    Raises:
        LabError: its holder does not end.
    """
    with contextlib.suppress(ConnectionError, FileNotFoundError):  # it is going already
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_END_LIMIT)
            connection.connect(str(lab.door))
            connection.sendall(b'{"do": "down"}\n')
            try:
                said = connection.recv(4096)  # the end, when it has ended, or why it cannot
            except TimeoutError:
                raise LabError(
                    f"the holder of lab {lab.id}, process {lab.pid}, does not end; kill it"
                ) from None
        if said:
            raise LabError(str(json.loads(said)["error"]))


def up(scenario: str, arm: str, backend: str, go: str | None) -> Held:
    """Start a lab that stays, and return it once it is there.

    Raises:
        GolabError: it did not come up.
    """
    wish = {"scenario": scenario, "arm": arm, "backend": backend, "go": go, "to": str(folder())}
    with subprocess.Popen(
        [sys.executable, "-m", "lab.holding", json.dumps(wish)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/" if not Path(scenario).exists() else None,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
    ) as process:
        assert process.stdout
        watch = threading.Timer(_START_LIMIT, process.kill)
        watch.start()
        try:
            line = process.stdout.readline()
        except BaseException:
            process.terminate()
            raise
        finally:
            watch.cancel()
        if not line or b'"error"' in line[:10]:
            process.wait()
            said = json.loads(line) if line else {"error": "its holder ended", "status": 3}
            error = UsageError if said["status"] == UsageError.exit_status else LabError
            raise error(said["error"])
        process.returncode = 0  # it lives on: leaving this block is not to wait for it
        return Held(**json.loads(line))


def main(wish: dict[str, Any]) -> None:
    """Hold a lab until somebody says `down`, or a signal does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _hold(wish)
    except GolabError as error:
        _say({"error": str(error), "status": error.exit_status})
    except Exception as error:  # noqa: BLE001 - whoever started us must hear of it
        said = f"a defect of golab: {type(error).__name__}: {error}"
        _say({"error": said, "status": LabError.exit_status})


def _say(message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _hold(wish: dict[str, Any]) -> None:
    from lab.client import entrance
    from lab.replay import arms, set_up
    from lab.sandbox.choose import open_backend
    from lab.sandbox.interface import ENTRANCE, LabSpec, rules_as_data
    from lab.scenario.load import select
    from lab.world.build import build
    from lab.world.load import base_world

    runs = select([wish["scenario"]])
    run, scenario = runs[0], runs[0].scenario
    arm = next(arm for arm in arms(scenario) if arm.name == wish["arm"])
    tree = build(base_world().merged(scenario.world))
    with contextlib.ExitStack() as stack:
        backend = stack.enter_context(open_backend(wish["backend"], go=wish["go"]))
        spec = LabSpec(run.name, tree, backend.toolchain(wish["go"]))
        lab = stack.enter_context(backend.start(spec))
        client = set_up(lab, spec, scenario, arm, seed=0)
        lab.edge({"do": "arm", "rules": rules_as_data(scenario.faults), "seed": 0})
        for rule in scenario.faults:
            if rule not in arm.rules:
                lab.edge({"do": "off", "name": rule.name})
        lab.write({ENTRANCE: entrance(client.env, f"{run.name} {arm.name}")})
        name = getattr(lab, "id", None) or os.urandom(3).hex()
        place = Held(
            name, run.name, arm.name, backend.name, spec.toolchain.version, os.getpid(),
            lab.entrance(),
        )  # fmt: skip

        def answer(request: dict[str, Any]) -> Any:
            match request.pop("do"):
                case "run":
                    words = request["command"]
                    done = client.run(words if len(words) > 1 else words[0], limit=request["limit"])
                    return asdict(done)
                case "edge":
                    return lab.edge(request["request"])
                case "down":
                    threading.Thread(target=server.shutdown).start()
                    threading.Event().wait()  # whoever asked waits until this process ends
            raise LabError("the holder does not know that word")

        with _Server(str(place.door), answer) as server:
            note = place.door.with_suffix(".json")
            note.write_text(json.dumps(asdict(place)))
            _say(asdict(place))
            try:
                server.serve_forever(poll_interval=0.2)
            finally:
                note.unlink(missing_ok=True)
                place.door.unlink(missing_ok=True)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path: str, answer: Any) -> None:
        self.answer = answer
        super().__init__(path, _Asked)


class _Asked(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        line = self.rfile.readline()
        if not line:
            return
        try:
            reply = {"value": self.server.answer(json.loads(line))}
        except Exception as error:  # noqa: BLE001 - whoever asked must hear of it
            reply = {"error": str(error)}
        with contextlib.suppress(OSError):
            self.wfile.write(json.dumps(reply).encode() + b"\n")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
