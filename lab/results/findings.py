"""What `golab diagnose` has found, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SCHEMA = "golab.diagnosis/1"

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
ALARMS = ("error", "warning")
"""Severities that make the exit status 1; a note is worth knowing, and healthy."""


@dataclass(frozen=True)
class Found:
    """One finding.

    Attributes:
        id: the probe or the rule that found it.
        severity: how bad it is.
        seen: what was seen.
        evidence: more of it, a line each.
        why: why it matters.
        remedy: how to mend it.
        command: what shows it to whoever wants to see for himself; '' if nothing does.
        scenario: the one of the catalogue that teaches it; '' if none does.
        modules: which modules it was seen with; none if it is about no module.
        file: in which file it is; '' if in none.
        line: in which line of that, from 1; 0 if in none.
    """

    id: str
    severity: Severity
    seen: str
    evidence: tuple[str, ...] = ()
    why: str = ""
    remedy: str = ""
    command: str = ""
    scenario: str = ""
    modules: tuple[str, ...] = ()
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Looked:
    """What one probe said of one module, '' for the machine as a whole; `state` as in a replay."""

    id: str
    module: str
    state: str
    said: str
    seconds: float = 0.0


@dataclass(frozen=True)
class Diagnosis:
    """All of it. `settings` says who reported go's settings; `offline`, that nobody answered."""

    project: str
    go: str
    settings: str
    modules: tuple[str, ...]
    seconds: float
    offline: bool
    findings: tuple[Found, ...]
    probes: tuple[Looked, ...]
    schema: str = SCHEMA

    @property
    def alarming(self) -> bool:
        """Whether anything is worse than a note."""
        return any(found.severity in ALARMS for found in self.findings)
