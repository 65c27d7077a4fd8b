"""A running lab for Python programs: its arms, its client, its faults."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from faults.nearest import nearest
from faults.rules import Rule, from_data
from faults.source import SourceError
from faults.validation import validated
from lab import carried
from lab.client import Client, prepare
from lab.diagnostics.alarm import alarm_if as condition
from lab.diagnostics.interface import Finding
from lab.diagnostics.tool import LIMIT, tool
from lab.errors import UsageError
from lab.labs import arm_of, armed, entered
from lab.replay.arms import Arm, Begun
from lab.replay.diagnostics import target
from lab.replay.replay import replayed
from lab.results.model import ArmName, ArmResult
from lab.sandbox.interface import Completed, Lab, LabSpec
from lab.scenario.load import Run
from lab.scenario.model import Scenario
from lab.spec.client import ClientSpec


class OpenLab:
    """A running lab: with rules that wait to be switched on, or in an arm of a scenario.

    Attributes:
        arm: the arm of its scenario in which the client is, '' if in none.
    """

    def __init__(self, lab: Lab, spec: LabSpec, run: Run | None = None, *, seed: int = 0) -> None:
        self.lab = lab
        self.spec = spec
        self.arm: ArmName | Literal[""] = ""
        self._run = run
        self._seed = seed
        self._added: list[Rule] = []
        self._client: Client | None = None
        self._entered: tuple[Run, Arm, Begun] | None = None
        self._result: ArmResult | None = None

    @property
    def scenario(self) -> Scenario | None:
        """The scenario that the lab is for."""
        return self._run.scenario if self._run else None

    def enter(self, arm: ArmName) -> Client:
        """Go into an arm of the scenario, with a fresh client where its commands begin.

        Raises:
            UsageError: the lab is for no scenario, or that has no such arm.
            LabError: what comes before the arm failed.
        """
        if self._run is None:
            raise UsageError("this lab is for no scenario: it has no arms")
        chosen = arm_of(self._run, arm)
        self._leave()
        begun = entered(self.lab, self.spec, self._run, chosen, seed=self._seed)
        self._add_again()
        self.arm, self._client, self._entered = arm, begun.client, (self._run, chosen, begun)
        return begun.client

    def _add_again(self) -> None:
        if self._added:
            self.lab.edge.add(self._added, on=False)

    def _leave(self) -> None:
        self.arm, self._client, self._entered, self._result = "", None, None, None

    def run(self, command: str | list[str], *, limit: float = 30.0, **env: str) -> Completed:
        """Run a command in the project of the client; see `Client.run`.

        The client is that of the arm, or the one that was set up last, or a fresh one.
        """
        return (self._client or self.client()).run(command, limit=limit, **env)

    def copy(self, source: str | os.PathLike[str], place: str = "") -> None:
        """Copy a file, or what is in a folder, into a folder of the client's.

        Args:
            source: the file keeps its name; hidden files of a folder are left out, and links that
                leave it.
            place: a folder, made if need be; a relative one is below the project.

        Raises:
            UsageError: it cannot be read, or is too much.
            LabError: it cannot be written.
        """
        path = Path(source)
        found = carried.folder(path) if path.is_dir() else carried.file(path)
        client = self._client or self.client()
        found.placed(self.lab, str(Path(client.project, place)), client.env)

    def replay(self) -> ArmResult:
        """Run the scenario's own commands in the arm, once, and return what they did.

        Raises:
            UsageError: the lab is in no arm.
            LabError: the lab failed.
        """
        if self._entered is None:
            raise UsageError("this lab is in no arm of a scenario; `enter` takes it into one")
        run, arm, begun = self._entered
        if self._result is None:
            self._result = replayed(run.scenario, arm, begun)
        return self._result

    def check(self, command: str, *, alarm_if: str = "", limit: float = LIMIT) -> Finding:
        """Have a tool look after the scenario's own commands, as `golab check` does.

        Args:
            command: the file of a program, or a command line that begins with it.
            alarm_if: as the option of `golab check`.
            limit: seconds after which it is ended.

        Raises:
            UsageError: there is no such tool, or the lab is in no arm.
            LabError: the lab failed.
        """
        mine = tool(command, alarm_if=condition(alarm_if), limit=limit)
        result = self.replay()
        assert self._entered
        run, arm, begun = self._entered
        armed(self.lab, run, arm, seed=self._seed)  # it meets the faults as the commands did
        self._add_again()
        at = target(run.scenario, arm.client, result.project.get("go.mod", ""))
        return mine.check(begun.client, at, limit)

    def client(
        self,
        *,
        env: Mapping[str, str] | None = None,
        netrc: Mapping[str, str] | None = None,
        project: Mapping[str, str] | None = None,
    ) -> Client:
        """Set up a fresh client; the one before it, with all it had, is gone.

        Args:
            env: environment variables, on top of the lab's own.
            netrc: host -> name of a credential of the world.
            project: files of its project.

        Raises:
            UsageError: a setting is the lab's own, or names what the world does not have.
        """
        said = {"env": dict(env or {}), "netrc": dict(netrc or {}), "project": dict(project or {})}
        with _usage():
            settings = validated(said, ClientSpec, "client")
        for host, name in settings.logins.items():
            known = self.spec.tree.index.credentials
            if name not in known:
                raise UsageError(f"netrc: {host}: no credential {name!r}{nearest(name, known)}")
        self._leave()
        self._client = prepare(self.lab, self.spec, settings)
        return self._client

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """Switch a rule on for the body of a `with`; off afterwards, whatever happens in it.

        Raises:
            LabError: there is no rule of this name.
        """
        self.lab.edge.switch(name, on=True)
        try:
            yield
        finally:
            self.lab.edge.switch(name, on=False)

    def faults(self) -> list[dict[str, Any]]:
        """Return each rule in its order: `name`, `where`, `do`, and how it stands.

        `on` is its switch; `acting` is False, too, once it is past its `until`; `seen` counts the
        traffic that its `where` matched, `hits` how often it acted.
        """
        return self.lab.edge.rules()

    def add_faults(self, faults: Sequence[Mapping[str, Any]]) -> list[str]:
        """Add rules, switched off, behind those there are.

        One with the name of a rule there is takes its place.

        Args:
            faults: rules as in a scenario file.

        Returns:
            warnings: which of all the rules can never act, and why.

        Raises:
            UsageError: a rule is not valid; nothing is added.
        """
        rules = rules_of(faults)
        warnings = self.lab.edge.add(rules, on=False)
        self._added += rules
        return warnings

    def remove_fault(self, name: str) -> None:
        """Remove a rule.

        Raises:
            LabError: there is no rule of this name.
        """
        self.lab.edge.remove(name)
        self._added = [rule for rule in self._added if rule.name != name]

    def records(self) -> list[dict[str, Any]]:
        """Return every query, handshake and request so far, with what the rules did to it."""
        return self.lab.edge.ledger().records

    def fired(self) -> dict[str, int]:
        """Return how often each rule has acted."""
        return self.lab.edge.fired()


def rules_of(faults: Sequence[Mapping[str, Any]]) -> Sequence[Rule]:
    """Return rules that came as data.

    Raises:
        UsageError: one is not valid.
    """
    with _usage():
        return from_data(faults)


@contextmanager
def _usage() -> Iterator[None]:
    """Turn what is wrong with data into golab's own error."""
    try:
        yield
    except SourceError as error:
        raise UsageError(str(error)) from None
