"""All diagnostics by name."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Literal

from lab.client import Client
from lab.diagnostics import documented, probes
from lab.diagnostics.inlab import LabMachine
from lab.diagnostics.interface import Diagnostic, Finding, Subject, Target, unavailable
from lab.diagnostics.view import GoView, UnseenError
from lab.results.findings import Severity

_LOADING = threading.Lock()


@dataclass(frozen=True)
class Probe:
    """One of golab's own diagnostics: a module of `lab.diagnostics.probes`, loaded when needed."""

    id: str
    place: str
    origin: Literal["golab"] = "golab"

    @property
    def module(self) -> ModuleType:
        """The module. One is loaded at a time: two that need each other's package would fail."""
        with _LOADING:
            return importlib.import_module(self.place)

    @property
    def question(self) -> str:
        """The one question that it answers."""
        return str(self.module.QUESTION)

    @property
    def remedy(self) -> str:
        """What to do where it alarms."""
        return str(self.module.REMEDY)

    @property
    def local(self) -> bool:
        """Whether it asks nobody, and looks at the machine and the project as a whole."""
        return bool(getattr(self.module, "LOCAL", False))

    @property
    def severity(self) -> Severity:
        """How bad it is where it alarms."""
        found: Severity = getattr(self.module, "SEVERITY", "error")
        return found

    @property
    def scenario(self) -> str:
        """The scenario that teaches what it finds, '' if it names none."""
        return str(getattr(self.module, "SCENARIO", ""))

    def shown(self, target: Target) -> str:
        """Return what it asks."""
        return self.question

    def ask(self, view: GoView, subject: Subject, limit: float) -> Finding:
        """Look, from any machine; see the module."""
        try:
            finding: Finding = self.module.check(view, subject, limit)
        except UnseenError as error:
            return unavailable(str(error))
        return finding

    def check(self, client: Client, target: Target, limit: float) -> Finding:
        """Look from a lab, alone; what of the target only the lab knows is left out."""
        view = GoView(LabMachine(client), limit)
        return self.ask(view, Subject(target.module, target.required), limit)


@cache
def diagnostics() -> dict[str, Diagnostic]:
    """Return every diagnostic that a scenario can name."""
    found: dict[str, Diagnostic] = dict(documented.load())
    for entry in pkgutil.iter_modules(probes.__path__):
        name = entry.name.replace("_", "-")
        found[name] = Probe(name, f"{probes.__name__}.{entry.name}")
    return found
