"""The ways that go's settings make: which proxies are asked for a module, and which database."""

from __future__ import annotations

import re

from lab.diagnostics.lints.model import Setup
from lab.go.settings import matches

ends = ("direct", "off")
"""Entries of GOPROXY behind which go reads nothing."""


def parts(value: str) -> list[str]:
    """Return all entries of a GOPROXY list, also those that go never reads."""
    return [entry.strip() for entry in re.split(r"[,|]", value) if entry.strip()]


def proxies_for(setup: Setup, module: str) -> list[str]:
    """Return the URLs of the proxies that may be asked for a module, in their order."""
    if matches(setup.value("GONOPROXY"), module):
        return []
    found = []
    for entry in parts(setup.value("GOPROXY")):
        if entry in ends:
            break
        found.append(entry if "://" in entry or entry.startswith("/") else f"https://{entry}")
    return found


def fetches(setup: Setup) -> bool:
    """Tell whether anything at all is fetched over a network by way of GOPROXY."""
    first = next(iter(parts(setup.value("GOPROXY"))), "")
    return bool(first) and first != "off" and not first.startswith("file:")


def asks_database(setup: Setup, module: str = "") -> bool:
    """Tell whether the checksum database is asked about a module that is new to go.sum."""
    if setup.value("GOSUMDB") == "off":
        return False
    return not matches(setup.value("GONOSUMDB"), module or "any.example/module")
