"""The documented diagnostics: read from documented.yaml, run as the articles say."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, RootModel

from faults import validation, yamlsource
from lab.client import Client
from lab.diagnostics.interface import Finding, Target, alarm, quiet, unavailable
from lab.expectations import Expected, differences
from lab.sandbox.interface import Completed
from lab.sources import Citation

_FILE = Path(__file__).with_name("documented.yaml")


class DocumentedSpec(BaseModel):
    """One entry of documented.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Citation
    run: str
    needs: list[str]
    hangs: Literal["alarm", "error"] = "error"
    quiet: Expected


class _Specs(RootModel[dict[str, DocumentedSpec]]):
    pass


class Documented:
    """A diagnostic that a document offers."""

    origin: Literal["documented"] = "documented"

    def __init__(self, name: str, spec: DocumentedSpec) -> None:
        self.id = name
        self.spec = spec

    def shown(self, target: Target) -> str:
        """Return the command with its placeholders filled in."""
        return _filled(self.spec.run, target)

    def check(self, client: Client, target: Target, limit: float) -> Finding:
        """Run the command and compare its answer with what the article calls good."""
        for program in self.spec.needs:
            if not client.has(program):
                return unavailable(f"{program} is not installed where the client runs")
        done = client.run(self.shown(target), limit=limit)
        if done.timed_out:
            said = f"still running after {limit:g} s"
            return alarm(said) if self.spec.hangs == "alarm" else Finding("error", said)
        expected = Expected.model_validate(
            {
                key: _quoted(value, target)
                for key, value in self.spec.quiet.model_dump(by_alias=True).items()
            }
        )
        said = _first_line(done)
        return alarm(said) if differences(done, expected, {}) else quiet(said)


def _filled(text: str, target: Target) -> str:
    for name in ("module", "version", "required", "proxy", "host"):
        text = text.replace(f"{{{name}}}", getattr(target, name))
    return text


def _quoted(value: object, target: Target) -> object:
    if isinstance(value, str):
        return value.replace("{required}", re.escape(target.required))
    if isinstance(value, list):
        return [_quoted(item, target) for item in value]
    return value


def _first_line(done: Completed) -> str:
    for text in (done.stdout, done.stderr):
        for line in text.splitlines():
            if line.strip():
                return line.strip()
    return f"prints nothing, exit {done.exit}"


@cache
def load() -> dict[str, Documented]:
    """Return all documented diagnostics by name."""
    specs = validation.check(yamlsource.read(_FILE), _Specs).root
    return {name: Documented(name, spec) for name, spec in specs.items()}
