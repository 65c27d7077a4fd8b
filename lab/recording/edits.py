"""Where in a file the record of a run stands, and what of it is to change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from faults.source import Loc
from lab.recording.measured import Data, expectation, only_some
from lab.results.model import ARMS, RunResult
from lab.scenario.expand import OUTCOMES, Cell, laid_over
from lab.scenario.variants import covers

_KEYS = {"detected": "detect", "miss": "miss", "false-alarm": "false-alarm", "right": "right"}


def edits(
    file: Data,
    cells: Sequence[Cell],
    results: Mapping[str | None, RunResult],
    *,
    asked: bool = False,
) -> dict[Loc, Any]:
    """Return what a file of these cells has to say, for it to be what was measured: place -> value.

    A value that variants share is changed where it stands if all of them have measured the same;
    otherwise it is written for each variant that differs. `asked`: who was asked, too, where one
    arm asked a host that another did not.
    """
    wanted: dict[Loc, dict[str | None, tuple[Loc, Any, bool]]] = {}
    for cell in cells:
        result = results[cell.name]
        for loc, value, differs in _measured(cell, result, asked=asked):
            wanted.setdefault(cell.in_file(loc), {})[cell.name] = (loc, value, differs)
    values: dict[Loc, Any] = {}
    for place, by_cell in wanted.items():
        if _there(file, place) and not any(differs for _, _, differs in by_cell.values()):
            continue
        found = [value for _, value, _ in by_cell.values()]
        if all(value == found[0] for value in found):
            values[place] = found[0]
            continue
        for name, (loc, value, differs) in by_cell.items():
            if differs:
                values[("variants", str(name), *loc)] = value
    for cell in cells:
        values |= _outcomes(file, cell, results[cell.name])
    return values


def _there(data: Any, place: Loc) -> bool:
    for key in place:
        if isinstance(data, dict) and key not in data:
            return False
        data = data[key]
    return True


def _measured(cell: Cell, result: RunResult, *, asked: bool) -> Iterator[tuple[Loc, Any, bool]]:
    """Yield each part of a record: its place, what was measured, and whether that is new."""
    at, data = _of_go(cell.data, result.go)
    replay: Data = data["replay"]
    hosts = only_some(result.arms) if asked else {}
    for name in ARMS:
        arm = result.arms.get(name)
        as_healthy = name == "repaired" and name not in replay
        if arm is None or (
            as_healthy and not arm.differences and hosts.get(name) == hosts.get("healthy")
        ):
            continue
        said = replay.get(name) or {}
        healthy = result.arms["healthy"]
        other = result.arms.get("broken") if name == "healthy" else healthy
        if name == "repaired" and not said:
            said = replay.get("healthy") or {}
        new = expectation(said, arm, other, hosts.get(name, {}))
        yield at(("replay", name)), new, new != replay.get(name)
    if result.silent is not None:
        yield at(("silent",)), result.silent, data.get("silent") is not result.silent


def _outcomes(file: Data, cell: Cell, result: RunResult) -> dict[Loc, Any]:
    """Return the lists of diagnostics that differ, those of a variant in its own place."""
    record = cell.data["diagnostics"]
    kept = {name: key for key in OUTCOMES for name in record.get(key) or ()}
    measured = {row.id: _KEYS[row.outcome] for row in result.diagnostics if row.outcome in _KEYS}
    moved = {name: measured[name] for name in kept if measured.get(name, kept[name]) != kept[name]}
    at: Loc = ("diagnostics",) if cell.name is None else ("variants", cell.name, "diagnostics")
    own: Any = file
    for key in at:
        own = own.get(key) or {}
    found: dict[Loc, Any] = {}
    for key in OUTCOMES:
        old = list(own.get(key) or ())
        new = [name for name in old if moved.get(name, key) == key]
        new += [name for name, where in moved.items() if where == key and name not in old]
        if new != old:
            found[(*at, key)] = new or None
    return found


def _of_go(data: Data, go: str) -> tuple[Any, Data]:
    """Return where the record for a Go version stands, and the data as it is with that."""
    index, over = next(
        (
            (index, over)
            for index, over in reversed(list(enumerate(data.get("go") or ())))
            if covers(over.get("since"), over.get("until"), go)
        ),
        (0, {}),
    )

    def at(loc: Loc) -> Loc:
        part: Any = over
        for key in loc:
            part = part.get(key) if isinstance(part, dict) else None
        return ("go", index, *loc) if part is not None else loc

    said = {key: value for key, value in over.items() if key not in ("since", "until")}
    return at, laid_over(data, said)
