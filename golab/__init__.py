"""golab from Python: labs, scenarios and results.

    import golab

    report = golab.run("auth-fallback")
    assert report.runs[0].verdict == "reproduced"

    with golab.open_lab() as lab:
        print(lab.client().run("go version", limit=10).stdout)

Labs: `open_lab`, `OpenLab`, `Client`, `Completed`, `Answer`, `Finding`, `World`, `load_world`.
Scenarios: `catalogue`, `load`, `validate`, `Loaded`, `Scenario`.
Replays: `run`, `Observer`, and what they come to: `Report`, `RunResult`, `ArmResult`,
`CommandResult`, `DiagnosticResult`, `Totals`; the same data as `golab run --json`.
Errors: `GolabError`, from which all the others come: `UsageError`, `ScenarioError`, `LabError`,
`UnfitError`, `ToolchainError`.

Each name is loaded when it is first used. What is not named here is golab's own business, and
may change at any time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lab import __version__

if TYPE_CHECKING:
    from golab.replays import run, validate
    from lab.api.lab import OpenLab
    from lab.api.open import open_lab
    from lab.client import Client
    from lab.diagnostics.interface import Finding
    from lab.errors import (
        GolabError,
        LabError,
        ScenarioError,
        ToolchainError,
        UnfitError,
        UsageError,
    )
    from lab.results.model import (
        ArmResult,
        CommandResult,
        DiagnosticResult,
        Report,
        RunResult,
        Totals,
    )
    from lab.sandbox.interface import Answer, Completed
    from lab.scenario.load import Loaded, catalogue, load
    from lab.scenario.model import Scenario
    from lab.session import Observer
    from lab.world.load import load_world
    from lab.world.model import World

__all__ = [
    "Answer",
    "ArmResult",
    "Client",
    "CommandResult",
    "Completed",
    "DiagnosticResult",
    "Finding",
    "GolabError",
    "LabError",
    "Loaded",
    "Observer",
    "OpenLab",
    "Report",
    "RunResult",
    "Scenario",
    "ScenarioError",
    "ToolchainError",
    "Totals",
    "UnfitError",
    "UsageError",
    "World",
    "__version__",
    "catalogue",
    "load",
    "load_world",
    "open_lab",
    "run",
    "validate",
]

_HOMES = {
    "golab.replays": ("run", "validate"),
    "lab.api.open": ("open_lab",),
    "lab.client": ("Client",),
    "lab.diagnostics.interface": ("Finding",),
    "lab.errors": (
        "GolabError",
        "LabError",
        "ScenarioError",
        "ToolchainError",
        "UnfitError",
        "UsageError",
    ),
    "lab.api.lab": ("OpenLab",),
    "lab.results.model": (
        "ArmResult",
        "CommandResult",
        "DiagnosticResult",
        "Report",
        "RunResult",
        "Totals",
    ),
    "lab.sandbox.interface": ("Answer", "Completed"),
    "lab.scenario.load": ("Loaded", "catalogue", "load"),
    "lab.scenario.model": ("Scenario",),
    "lab.session": ("Observer",),
    "lab.world.load": ("load_world",),
    "lab.world.model": ("World",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a name of the interface: `python -m golab --version` needs none of them."""
    if name not in _HOME:
        raise AttributeError(f"module 'golab' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
