"""All diagnostics by name."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Literal

from lab.client import Client
from lab.diagnostics import documented, probes
from lab.diagnostics.interface import Diagnostic, Finding, Target


@dataclass(frozen=True)
class Probe:
    """One of golab's own diagnostics: a module of `lab.diagnostics.probes`."""

    id: str
    module: ModuleType
    origin: Literal["golab"] = "golab"

    def shown(self, target: Target) -> str:
        """Return what it compares."""
        return str(self.module.COMPARES)

    def check(self, client: Client, target: Target, limit: float) -> Finding:
        """Look; see the module."""
        finding: Finding = self.module.check(client, target, limit)
        return finding


@cache
def diagnostics() -> dict[str, Diagnostic]:
    """Return every diagnostic that a scenario can name."""
    found: dict[str, Diagnostic] = dict(documented.load())
    for entry in pkgutil.iter_modules(probes.__path__):
        name = entry.name.replace("_", "-")
        found[name] = Probe(name, importlib.import_module(f"{probes.__name__}.{entry.name}"))
    return found
