"""Imports mitmproxy without the addons that an edge does not use.

`mitmproxy.addons` imports every addon there is, a web application and LDAP among them: 0.2 s of
the 0.5 s that mitmproxy takes. With the package in place but not executed, `from mitmproxy.addons
import core` loads that file alone. Where another part of mitmproxy has come first, nothing changes.
"""

from __future__ import annotations

import importlib.util
import sys
import types


def _leave_out_unused_addons() -> None:
    name = "mitmproxy.addons"
    found = importlib.util.find_spec("mitmproxy")
    if name in sys.modules or found is None or not found.submodule_search_locations:
        return
    package = types.ModuleType(name)
    package.__path__ = [f"{place}/addons" for place in found.submodule_search_locations]
    sys.modules[name] = package


_leave_out_unused_addons()
