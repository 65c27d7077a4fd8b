"""A lab for Python programs: open one, run commands in it, switch faults on and off.

with open_lab() as lab:
    lab.add_faults(rules)
    client = lab.client(env={"GOPROXY": "https://proxy.golang.org"})
    with lab.fault("stale-list"):
        client.run("go get github.com/spf13/cobra@latest", limit=20)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from faults.nearest import nearest
from faults.rules import Rule, from_data
from faults.source import SourceError
from faults.validation import validated
from lab.client import Client, prepare
from lab.client_spec import ClientSpec
from lab.errors import UsageError
from lab.labs import start
from lab.sandbox.choose import open_backend
from lab.sandbox.interface import Lab, LabSpec
from lab.toolchain import Progress
from lab.world.model import World


class OpenLab:
    """A running lab with rules that wait to be switched on."""

    def __init__(self, lab: Lab, spec: LabSpec) -> None:
        self.lab = lab
        self.spec = spec

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
        return prepare(self.lab, self.spec, settings)

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
        return self.lab.edge.add(_rules(faults), on=False)

    def remove_fault(self, name: str) -> None:
        """Remove a rule.

        Raises:
            LabError: there is no rule of this name.
        """
        self.lab.edge.remove(name)

    def records(self) -> list[dict[str, Any]]:
        """Return every query, handshake and request so far, with what the rules did to it."""
        return self.lab.edge.ledger().records

    def fired(self) -> dict[str, int]:
        """Return how often each rule has acted."""
        return self.lab.edge.fired()


@contextmanager
def open_lab(
    *,
    faults: Sequence[Mapping[str, Any]] = (),
    world: World | None = None,
    go: str | None = None,
    backend: str = "local",
    seed: int = 0,
    progress: Progress | None = None,
) -> Iterator[OpenLab]:
    """Open a sealed lab; leaving the block removes all of it.

    Args:
        faults: rules as in a scenario file; all are switched off at first.
        world: what is needed beyond the base world.
        go: a Go version (see `Backend.toolchain`).
        backend: where it runs.
        seed: fixes every chance.
        progress: called while a toolchain is fetched.

    Raises:
        UsageError: a rule is not valid.
        LabError: the lab could not be started.
    """
    rules = _rules(faults)
    with open_backend(backend, go=go) as place:
        toolchain = place.toolchain(go, progress)
        with start(place, toolchain, name="python", world=world or World()) as (lab, spec):
            lab.edge.arm(rules, seed=seed, on=False)
            yield OpenLab(lab, spec)


def _rules(faults: Sequence[Mapping[str, Any]]) -> Sequence[Rule]:
    with _usage():
        return from_data(faults)


@contextmanager
def _usage() -> Iterator[None]:
    """Turn what is wrong with data into golab's own error."""
    try:
        yield
    except SourceError as error:
        raise UsageError(str(error)) from None
