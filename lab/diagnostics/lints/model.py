"""What lints read and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lab.go.settings import DEFAULTS, goenv_lines
from lab.results.findings import Severity
from lab.world.gomod import Requirements, requirements

OF_GOPRIVATE = ("GONOPROXY", "GONOSUMDB")
"""Lists that are GOPRIVATE where they are not set themselves (internal/cfg)."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a set-up.

    Attributes:
        rule: its name, the same whatever the set-up.
        severity: see `lab.diagnostics.lints`.
        seen: what was seen, and where.
        why: what go makes of it.
        remedy: how to mend it.
        command: what shows it to whoever wants to see for himself.
        scenario: the one of the catalogue that teaches it; '' if none does.
        line: where in `file` it is, from 1; 0 if nowhere in particular.
        file: which file it is in: `go.mod`, `go.sum`, `GOENV` or `.netrc`; '' if in none.
    """

    rule: str
    severity: Severity
    seen: str
    why: str
    remedy: str
    command: str
    scenario: str = ""
    line: int = 0
    file: str = ""


@dataclass(frozen=True)
class Setting:
    """A value, and where it is from: `the environment`, `line N of GOENV` or `the default`."""

    value: str
    source: str
    line: int = 0


@dataclass(frozen=True)
class Setup:
    """What decides where go fetches modules from, as plain data.

    Attributes:
        go: what `go env -json` prints; empty where there is no go.
        process: the environment.
        goenv: the text of the file that GOENV names; '' if there is none.
        netrc: the text of .netrc; None if there is none.
        go_mod: the text of the project's go.mod.
        go_sum: the text of its go.sum.
        modules: paths that are meant besides those that go.mod requires.
    """

    go: Mapping[str, str] = field(default_factory=dict)
    process: Mapping[str, str] = field(default_factory=dict)
    goenv: str = ""
    netrc: str | None = None
    go_mod: str = ""
    go_sum: str = ""
    modules: tuple[str, ...] = ()

    def setting(self, name: str) -> Setting:
        """Return the value of a variable that counts for go, and where it is from.

        What `go env` prints counts before what is worked out here.
        """
        own = self._own(name)
        if own is None and name in OF_GOPRIVATE:
            own = self._own("GOPRIVATE")
        found = own or Setting(DEFAULTS.get(name, ""), "the default")
        if name in self.go and self.go[name] != found.value:
            found = Setting(self.go[name], "go env")
        return found

    def value(self, name: str) -> str:
        """Return the value of a variable that counts for go."""
        return self.setting(name).value

    def explicit(self, name: str) -> bool:
        """Tell whether a variable is set by somebody, in the environment or the GOENV file."""
        return self._own(name) is not None

    def _own(self, name: str) -> Setting | None:
        if value := self.process.get(name):
            return Setting(value, "the environment")
        if name in self.written and self.written[name].value:
            return self.written[name]
        return None

    @cached_property
    def written(self) -> Mapping[str, Setting]:
        """What the GOENV file sets; the last line of a name counts (cmd/go/internal/cfg)."""
        if self.process.get("GOENV") == "off":
            return {}
        return {
            name: Setting(value, f"line {number} of the GOENV file", number)
            for number, name, value in goenv_lines(self.goenv)
        }

    @cached_property
    def required(self) -> Requirements:
        """What go.mod says."""
        return requirements(self.go_mod)

    @cached_property
    def wanted(self) -> tuple[str, ...]:
        """The modules that are fetched, without those that a directory stands for."""
        replaced = {one.path for one in self.required.replace if one.local}
        paths = dict.fromkeys([*self.modules, *(one.path for one in self.required.require)])
        return tuple(path for path in paths if path not in replaced)
