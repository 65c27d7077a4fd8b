"""The documented diagnostics: read from data/*.yaml, run as the documents say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, RootModel, model_validator

from faults import validation, yamlsource
from lab.client import HOME, Client
from lab.diagnostics.interface import Finding, Target, alarm, quiet, unavailable
from lab.sandbox.interface import Completed
from lab.spec.expectations import Expected, differences
from lab.spec.schema import Name, Part, Text
from lab.spec.sources import Citation

DATA = Path(__file__).with_name("data")

_COMPILED = 'find "$GOCACHE" -type l -print -quit | grep -q .'
"""Succeeds where the standard library of a lab is linked into the client's build cache."""

_SHORT = 20.0


class DocumentedSpec(Part):
    """A check that a document offers, or the nearest form of one that works.

    In `run` and `quiet` stand {module}, {escaped} (as in a URL), {version} (the newest that is
    known to exist), {required} (in go.mod), {pinned} (that, or else the newest), {proxy} (a URL)
    and its {host}.
    """

    source: Citation
    """Where it is documented."""
    claims: list[Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}$")]] = []
    """The claims that say what it is worth (lab/claims)."""
    run: Text
    """What the reader types, word for word."""
    needs: list[Text]
    """The programs that it calls."""
    compiles: bool = False
    """Whether it compiles; it is not run where Go's standard library would have to be, first."""
    alarm: Text
    """What the document calls an alarm."""
    hangs: Literal["alarm", "error"] = "alarm"
    """Whether getting stuck is one, too (“no response”); not of what never leaves the machine."""
    quiet: Expected | None = None
    """The same for golab: what is seen where there is none."""
    defect: Text | None = None
    """Why what is documented does not do what it is said to do."""
    instead_of: list[Name] = []
    """This is not documented, but the nearest form that works of these, which have a `defect`."""
    unavailable: Text | None = None
    """Why no client of a lab can ever run it; then it has no `quiet`."""

    @model_validator(mode="after")
    def _decidable(self) -> Self:
        if (self.quiet is None) == (self.unavailable is None):
            raise ValueError("say either what is `quiet`, or why it is `unavailable`")
        if self.instead_of and self.defect:
            raise ValueError("what stands `instead_of` another has no `defect`")
        return self


class _Specs(RootModel[dict[Name, DocumentedSpec]]):
    pass


class Documented:
    """A diagnostic that a document offers, or its nearest working form."""

    def __init__(self, name: str, spec: DocumentedSpec) -> None:
        self.id = name
        self.spec = spec
        self.origin: Literal["documented", "mended"] = "mended" if spec.instead_of else "documented"

    def shown(self, target: Target) -> str:
        """Return the command with its placeholders filled in."""
        return _filled(self.spec.run, _words(target))

    def check(self, client: Client, target: Target, limit: float) -> Finding:
        """Run the command and compare its answer with what the article calls good.

        It is run in a copy of what the client has: none sees what another has fetched or written.
        """
        if why := self._hindered(client):
            return unavailable(why)
        if "go" in self.spec.needs:
            home = _home(self.id)
            if why := client.lab.copy(HOME, home, without=_LEFT_OUT, limit=_SHORT):
                return Finding("error", f"the client's home is not copied: {why}")
            client = _moved(client, home)
        done = client.run(self.shown(target), limit=limit)
        if done.timed_out:
            return Finding(self.spec.hangs, f"still running after {limit:g} s")
        said = _first_line(done).replace(_home(self.id), HOME)
        expected = self._expected(target)
        if "exit" not in expected.model_fields_set:
            done = replace(done, exit=0)
        return alarm(said) if differences(done, expected, {}) else quiet(said)

    def _hindered(self, client: Client) -> str:
        """Return what keeps this client from running it; '' if nothing does."""
        if self.spec.unavailable:
            return self.spec.unavailable
        for program in self.spec.needs:
            if not client.has(program):
                return f"{program} is not installed where the client runs"
        if self.spec.compiles and client.run(["sh", "-c", _COMPILED], limit=_SHORT).exit:
            return "it would have to compile Go's standard library first, for half a minute"
        return ""

    def _expected(self, target: Target) -> Expected:
        assert self.spec.quiet
        words = {name: re.escape(word) for name, word in _words(target).items()}
        said = self.spec.quiet.model_dump(by_alias=True, exclude_unset=True)
        return Expected.model_validate({key: _quoted(value, words) for key, value in said.items()})


def _words(target: Target) -> dict[str, str]:
    """Return what stands for each placeholder."""
    return {
        "module": target.module,
        "escaped": Client.escaped(target.module),
        "version": target.version,
        "required": target.required,
        "pinned": target.required or target.version,
        "proxy": target.proxy,
        "host": target.host,
    }


def _filled(text: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text


def _quoted(value: Any, words: dict[str, str]) -> Any:
    if isinstance(value, str):
        return _filled(value, words)
    return [_quoted(item, words) for item in value] if isinstance(value, list) else value


_LEFT_OUT = (".cache", "apart", "cold", "tmp")
"""Of a client's home: what many may write to at once, and what is nobody's state."""


def _home(name: str) -> str:
    return f"{HOME}/apart/{name}"


_SHARED = ("GOCACHE", "TMPDIR")


def _moved(client: Client, home: str) -> Client:
    """Return the client whose home is a copy of this one's."""

    def moved(text: str) -> str:
        return re.sub(rf"(?<![\w/]){re.escape(HOME)}(?=[/:]|$)", home, text)

    env = {key: value if key in _SHARED else moved(value) for key, value in client.env.items()}
    return replace(client, env=env, project=moved(client.project))


def _first_line(done: Completed) -> str:
    for text in (done.stdout, done.stderr):
        for line in text.splitlines():
            if line.strip():
                return line.strip()
    return f"prints nothing, exit {done.exit}"


def read(paths: Sequence[Path]) -> dict[str, DocumentedSpec]:
    """Read files of documented diagnostics; each name is in one of them.

    Raises:
        SourceError: one is not valid.
    """
    found: dict[str, DocumentedSpec] = {}
    for path in paths:
        found |= validation.check(yamlsource.read(path), _Specs).root
    return found


@cache
def load() -> dict[str, Documented]:
    """Return all documented diagnostics by name."""
    return {
        name: Documented(name, spec) for name, spec in read(sorted(DATA.glob("*.yaml"))).items()
    }


def mended_by(name: str) -> list[str]:
    """Return the forms that work of a documented diagnostic that does not."""
    return [other for other, one in load().items() if name in one.spec.instead_of]
