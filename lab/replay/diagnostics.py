"""Has the diagnostics of a scenario look, as the client of an arm."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import NamedTuple

from lab.client import Client
from lab.diagnostics.catalogue import Probe
from lab.diagnostics.inlab import LabMachine
from lab.diagnostics.interface import Diagnostic, Finding, Subject, Target
from lab.diagnostics.view import GoView
from lab.errors import LabError
from lab.go.settings import first_proxy
from lab.sandbox.interface import Answer, Completed, Handshake, Request
from lab.scenario.model import Scenario
from lab.spec.client import ClientSpec
from lab.spec.termination import ended, ran_out, watched
from lab.world.gomod import requirements

_AT_ONCE = 4


class Look(NamedTuple):
    """One diagnostic in one arm: the command it stands for, what it found, in how many seconds."""

    command: str
    finding: Finding
    seconds: float


def target(scenario: Scenario, client: ClientSpec, go_mod: str) -> Target:
    """Return what the diagnostics are pointed at in an arm.

    Args:
        scenario: whose arm that is.
        client: its settings, of which GOPROXY says which proxy is meant; where that names none,
            it is the one that it names while all is well.
        go_mod: what its replay left of that.
    """
    subject = scenario.diagnostics.subject
    required = {one.path: one.version for one in requirements(go_mod).require}
    own = first_proxy(client.variables) or first_proxy(scenario.client.variables)
    proxy = subject.proxy or own
    return Target(subject.module, subject.version, required.get(subject.module, ""), proxy)


def diagnose(
    chosen: Sequence[Diagnostic], client: Client, at: Target, limit: float
) -> dict[str, Look]:
    """Have each diagnostic look, and return what it found under its id.

    Raises:
        LabError: the lab failed.
    """
    witness = _Witness(**{field.name: getattr(client, field.name) for field in fields(client)})
    view = GoView(LabMachine(witness), limit)

    def look(diagnostic: Diagnostic) -> Look:
        started = time.monotonic()
        try:
            if isinstance(diagnostic, Probe):  # those that look together see the same answers
                finding = diagnostic.ask(view, Subject(at.module, at.required), limit)
            else:
                finding = diagnostic.check(witness, at, limit)
        except LabError:
            raise
        except _SpoiltError as error:
            finding = Finding("error", str(error))
        except Exception as error:  # noqa: BLE001 - one that crashes never counts as quiet
            finding = Finding("error", f"{type(error).__name__}: {error}")
        return Look(diagnostic.shown(at), finding, round(time.monotonic() - started, 3))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        looks = list(pool.map(look, chosen))
    return {diagnostic.id: found for diagnostic, found in zip(chosen, looks, strict=True)}


class _SpoiltError(Exception):
    """What a diagnostic relies on was ended, or ran out of something: it cannot say anything."""


class _Witness(Client):
    """A client that lets no diagnostic overlook that what it relies on was ended."""

    def run(self, command: str | list[str], *, limit: float, **env: str) -> Completed:
        done, error = ended(super().run(watched(command), limit=limit, **env), command)
        if error:
            raise _SpoiltError(f"`{command if isinstance(command, str) else command[0]}`: {error}")
        return done

    def request(self, request: Request) -> Answer:
        answer = super().request(request)
        _enough(answer.error)
        return answer

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        answers = super().resolve(name, limit)
        _enough("\n".join(answers.values()))
        return answers

    def handshake(self, address: str, server_name: str, limit: float, port: int = 443) -> Handshake:
        done = super().handshake(address, server_name, limit, port)
        _enough(done.error)
        return done


def _enough(said: str) -> None:
    if out := ran_out(said):
        raise _SpoiltError(f"golab's own request: {out}")
