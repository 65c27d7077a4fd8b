"""Imports mitmproxy without what an edge does not use.

`mitmproxy.addons` imports every addon there is, a web application and LDAP among them: 0.2 s of
the 0.5 s that mitmproxy takes. With the package in place but not executed, `from mitmproxy.addons
import core` loads that file alone. Where another part of mitmproxy has come first, nothing changes.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from typing import Any

_SELDOM_USED = ("ruamel.yaml", "service_identity")
"""Loaded when something of them is used: files of options; a QUIC client checks a certificate."""


def _leave_out_unused_addons() -> None:
    name = "mitmproxy.addons"
    found = importlib.util.find_spec("mitmproxy")
    if name in sys.modules or found is None or not found.submodule_search_locations:
        return
    package = types.ModuleType(name)
    package.__path__ = [f"{place}/addons" for place in found.submodule_search_locations]
    sys.modules[name] = package


def _load_when_used(name: str) -> None:
    """Put a module in place that loads the real one when it is asked for anything."""
    if name in sys.modules:
        return
    later = types.ModuleType(name)

    def load(attribute: str) -> Any:
        if sys.modules.get(name) is later:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)

    later.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[name] = later
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(importlib.import_module(parent), child, later)


_leave_out_unused_addons()
for _name in _SELDOM_USED:
    _load_when_used(_name)
