"""What go's own settings are on a machine, as `go env` reports them in the project."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from lab.diagnostics.machine import Machine
from lab.go.settings import DEFAULTS, goenv_lines

READ = tuple(
    re.findall(
        r"\w+",
        """
        GO111MODULE GOARCH GOAUTH GOBIN GOCACHE GOENV GOEXPERIMENT GOFLAGS GOHOSTARCH GOHOSTOS
        GOINSECURE GOMOD GOMODCACHE GONOPROXY GONOSUMDB GOOS GOPATH GOPRIVATE GOPROXY GOROOT
        GOSUMDB GOTELEMETRY GOTMPDIR GOTOOLCHAIN GOTOOLDIR GOVCS GOVERSION GOWORK
        """,
    )
)
"""What go is asked for: to tell all that it has, it calls the C compiler a dozen times."""

_LONGEST = 20.0  # seconds; it asks nobody


@dataclass(frozen=True)
class GoEnv:
    """Go's settings: name -> value; `source` says who reported them, in words.

    `file` is the GOENV file, whose lines are `lines`; '' where there is none.
    """

    values: Mapping[str, str]
    source: str
    file: str
    lines: str

    def __getitem__(self, name: str) -> str:
        if name not in READ:
            raise KeyError(f"{name} is not among what go is asked for")
        return self.values.get(name, "")


def goenv(machine: Machine, *, every: bool = False) -> GoEnv:
    """Return the settings, from go itself, or from where it would take them if it cannot say.

    Args:
        machine: whose.
        every: whether go tells all that it knows, and not only `READ`.
    """
    env = machine.env
    file = _file(env)
    found = machine.read([file]).found.get(file) if file else None
    lines = (found or b"").decode("utf-8", "replace")
    kept = _of_file(lines)
    why = "there is no go"
    if machine.has("go"):
        # What the project wants of a toolchain is not fetched only to be asked for settings.
        asked = ["go", "env", "-json", *(() if every else READ)]
        done = machine.run(asked, limit=_LONGEST, env={"GOTOOLCHAIN": "local"})
        try:
            values = {str(key): str(value) for key, value in json.loads(done.stdout).items()}
        except (ValueError, AttributeError):
            last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
            why = f"`go env` does not say: {last[:200]}"
        else:
            wanted = env.get("GOTOOLCHAIN") or kept.get("GOTOOLCHAIN")
            values["GOTOOLCHAIN"] = wanted or values.get("GOTOOLCHAIN", "")
            return GoEnv(values, "go env", file, lines)
    values = {**DEFAULTS, **kept, **{key: value for key, value in env.items() if value}}
    home = env.get("HOME", "")
    values.setdefault("GOPATH", f"{home}/go")
    values.setdefault("GOMODCACHE", f"{values['GOPATH'].partition(':')[0]}/pkg/mod")
    for name in ("GONOPROXY", "GONOSUMDB"):
        values.setdefault(name, values.get("GOPRIVATE", ""))
    where = f"the environment and {file}" if file else "the environment"
    return GoEnv(values, f"{where}; {why}", file, lines)


def _file(env: Mapping[str, str]) -> str:
    """Return the path of the GOENV file (cfg.EnvFile, os.UserConfigDir)."""
    named = env.get("GOENV", "")
    if named == "off":
        return ""
    settings = env.get("XDG_CONFIG_HOME") or (f"{env['HOME']}/.config" if env.get("HOME") else "")
    return named or (f"{settings}/go/env" if settings else "")


def _of_file(text: str) -> dict[str, str]:
    """Return what go takes from the file: of a name that stands twice, the last value."""
    return {name: value for _, name, value in goenv_lines(text)}
