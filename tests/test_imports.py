"""Who imports whom: declared dependencies, and arrows that go down only."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def modules(package: str) -> dict[str, Path]:
    """Return the files of a package by their dotted names."""
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for file in (ROOT / package).rglob("*.py")
    }


def imports(file: Path) -> Iterator[str]:
    """Yield all that a file imports, at its top, in functions and for types alike."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{one.name}" for one in node.names)


def declared() -> set[str]:
    """Return the names of the distributions that golab depends on, its extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dask"], *extras["ssh"]]
    return {re.split(r"[<>=!\[;~ ]", one)[0].lower().replace("_", "-") for one in wanted}


def test_every_import_is_a_declared_dependency() -> None:
    used = {
        name.partition(".")[0]
        for package in ("lab", "faults")
        for file in modules(package).values()
        for name in imports(file)
    } - {"lab", "faults", "golab"}
    foreign = used - sys.stdlib_module_names
    distributions = metadata.packages_distributions()
    assert {"pydantic", "mitmproxy"} <= foreign
    missing = {
        name
        for name in foreign
        if not {one.lower().replace("_", "-") for one in distributions.get(name, ())} & declared()
    }
    assert not missing, f"add to the dependencies in pyproject.toml: {sorted(missing)}"


def arrows(package: str) -> dict[str, set[str]]:
    """Return for each module of a package those that it imports."""
    known = modules(package)
    found: dict[str, set[str]] = {}
    for name, file in known.items():
        wanted = found.setdefault(name, set())
        for target in imports(file):
            module = target if target in known else target.rpartition(".")[0]
            if module in known and module != name:
                wanted.add(module)
    return found


def circle(found: dict[str, set[str]]) -> list[str]:
    """Return modules that import each other in a circle, if there are any."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for target in sorted(found.get(name, ())):
            if there := walk(target, [*path, name]):
                return there
        done.add(name)
        return []

    return next((there for name in sorted(found) if (there := walk(name, []))), [])


@pytest.mark.parametrize("depth", [2, 3, 9])
def test_nothing_in_faults_imports_in_a_circle(depth: int) -> None:
    """Neither its modules do (depth 9), nor its packages (2 and 3 parts of the name)."""
    joined: dict[str, set[str]] = {}
    for name, targets in arrows("faults").items():
        short = ".".join(name.split(".")[:depth])
        joined.setdefault(short, set()).update(
            target
            for target in (".".join(one.split(".")[:depth]) for one in targets)
            if target != short
        )
    assert circle(joined) == []


def test_a_circle_would_be_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


def test_faults_knows_nothing_of_labs() -> None:
    found = modules("faults")
    assert "faults.addon" in found
    for name, file in found.items():
        assert not [one for one in imports(file) if one.partition(".")[0] in ("lab", "golab")], name


def test_no_file_is_longer_than_350_lines() -> None:
    for folder in ("benchmarks", "faults", "golab", "lab", "tests"):
        files = list((ROOT / folder).rglob("*.py"))
        assert files
        for file in files:
            assert len(file.read_text().splitlines()) <= 350, file
