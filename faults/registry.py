"""Which actions there are: one module of `faults.actions` each, named as the action is.

An action is found by its file, so that a new one is a new file and nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import NamedTuple

from faults import actions
from faults.model.action import Action

LAYERS = {
    "dns": "DNS",
    "connection": "Connections",
    "tls": "TLS",
    "http": "HTTP",
    "framing": "HTTP on the wire",
    "module": "Go modules",
    "sumdb": "The checksum database",
}
"""The packages of `faults.actions` and their titles, in the order in which they act."""


class Registered(NamedTuple):
    """An action: the name of its module, the title of its layer, and its model."""

    name: str
    layer: str
    kind: type[Action]


def _found() -> tuple[Registered, ...]:
    """Import all actions, in the order in which those of one rule act.

    Raises:
        TypeError: a module without an action, or with several.
    """
    found: list[Registered] = []
    for layer, title in LAYERS.items():
        package = importlib.import_module(f"{actions.__name__}.{layer}")
        names = [one.name for one in pkgutil.iter_modules(package.__path__)]
        modules = [
            importlib.import_module(f"{package.__name__}.{name}")
            for name in names
            if not name.startswith("_")
        ]
        here = [Registered(_name(module), title, action_of(module)) for module in modules]
        found += sorted(here, key=lambda one: (one.kind.order, one.name))
    return tuple(found)


def _name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def action_of(module: ModuleType) -> type[Action]:
    """Return the one action that a module defines.

    Raises:
        TypeError: it has none, or several.
    """
    kinds = [
        value
        for name, value in vars(module).items()
        if isinstance(value, type)
        and issubclass(value, Action)
        and value.__module__ == module.__name__
        and not name.startswith("_")
    ]
    if len(kinds) != 1:
        raise TypeError(f"{module.__name__} must define one action, not {len(kinds)}")
    return kinds[0]


ACTIONS = _found()
