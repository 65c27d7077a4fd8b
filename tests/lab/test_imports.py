"""Who imports whom: no package needs another that needs it, and `faults` knows nothing of labs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def package(module: str) -> str:
    """`lab.scenario.model` -> `lab.scenario`; all of faults is one."""
    first, _, rest = module.partition(".")
    return f"{first}.{rest.partition('.')[0]}" if first == "lab" and rest else first


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "lab":
            yield from (f"lab.{name.name}" for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def arrows() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for file in [*ROOT.glob("lab/**/*.py"), *ROOT.glob("faults/**/*.py")]:
        own = package(".".join(file.relative_to(ROOT).with_suffix("").parts))
        others = {package(name) for name in imported(file)}
        ours = {name for name in others if name.partition(".")[0] in ("lab", "faults")}
        found.setdefault(own, set()).update(ours - {own})
    return found


def test_no_packages_import_each_other() -> None:
    try:
        TopologicalSorter(arrows()).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_arrows_go_down_only() -> None:
    found = arrows()
    assert found["faults"] == set()
    doers = ("cli", "client", "daemon", "diagnostics", "replay", "sandbox", "scenario", "session")
    assert found["lab.report"].isdisjoint(f"lab.{name}" for name in doers)
    assert not [name for name, to in found.items() if "lab.cli" in to and name != "lab.__main__"]
