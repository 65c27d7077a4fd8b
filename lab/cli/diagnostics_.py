"""`golab diagnostics`: what there is to notice a failure with, and what each of it is worth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from faults.nearest import nearest
from lab.diagnostics.catalogue import diagnostics
from lab.diagnostics.documented import Documented, mended_by
from lab.diagnostics.interface import Diagnostic, Target
from lab.errors import UsageError
from lab.replay.outcomes import recorded
from lab.report.page import emit, table
from lab.report.visible import visible_json
from lab.spec.sources import cited

_COUNTED = ("detected", "miss", "false-alarm", "right")
_ORDER = ("documented", "mended", "golab", "tool")
_SHOWN = Target("{module}", "{version}", "{required}", "{proxy}")


@click.command("diagnostics")
@click.argument("name", metavar="[ID]", default="")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(name: str, *, as_json: bool) -> None:
    """List the diagnostics with what each is worth in the catalogue, or show one of them."""
    known = diagnostics()
    if name and name not in known:
        near = nearest(name, known)
        raise UsageError(f"no diagnostic {name!r}{near} (`golab diagnostics` shows them all)")
    chosen = [known[name]] if name else list(known.values())
    worth = {one.id: _worth(one.id) for one in chosen}
    if as_json:
        data = [
            {
                "id": one.id,
                "origin": one.origin,
                "looks": _looks(one),
                **_documented(one),
                "outcomes": worth[one.id],
            }
            for one in chosen
        ]
        click.echo(visible_json(json.dumps(data, indent=2, ensure_ascii=False)))
    elif name:
        emit(lambda _: _page(chosen[0], worth[name]))
    else:
        rows: list[tuple[str | Text, ...]] = [
            (
                Text(one.id, "cyan"),
                *(str(len(worth[one.id].get(outcome, ())) or "-") for outcome in _COUNTED),
                _looks(one),
            )
            for one in sorted(chosen, key=lambda one: (_ORDER.index(one.origin), one.id))
        ]
        headers = ("diagnostic", *_COUNTED, "looks at")
        emit(lambda width: [table(headers, rows, width, wraps="looks at")])


def _worth(name: str) -> dict[str, list[str]]:
    """Return outcome -> the runs of the catalogue in which a diagnostic has it."""
    found: dict[str, list[str]] = {}
    file = recorded()
    for run in file.runs:
        if outcome := file.of(run).get(name):
            found.setdefault(outcome, []).append(run)
    return found


def _looks(one: Diagnostic) -> str:
    return one.spec.run if isinstance(one, Documented) else one.shown(_SHOWN)


def _documented(one: Diagnostic) -> dict[str, Any]:
    """Return what is known of a documented diagnostic, or of one in its place."""
    if not isinstance(one, Documented):
        return {}
    spec = one.spec.model_dump(include={"alarm", "defect", "unavailable", "needs", "claims"})
    known = {key: value for key, value in spec.items() if value}
    return {
        "source": cited([one.spec.source])[0],
        **known,
        "instead_of": one.spec.instead_of,
        "mended_by": mended_by(one.id),
    }


def _page(one: Diagnostic, worth: dict[str, list[str]]) -> Iterator[RenderableType]:
    yield Text.assemble((one.id, "bold cyan"), f"  {one.origin}")
    yield Padding(Text(_looks(one), "bold"), (1, 0, 1, 2))
    if isinstance(one, Documented):
        yield from _of_document(one)
    for outcome, runs in worth.items():
        yield Text(f"{outcome} ({len(runs)})", "bold")
        yield Padding(Text(", ".join(runs)), (0, 0, 0, 2))


def _of_document(one: Documented) -> Iterator[RenderableType]:
    spec = one.spec
    known = {
        "documented in": cited([spec.source])[0],
        "alarm:": spec.alarm,
        "defect:": spec.defect,
        "cannot run in a lab:": spec.unavailable,
        "works instead of": ", ".join(spec.instead_of),
        "a form that works:": ", ".join(mended_by(one.id)),
        "claims:": ", ".join(spec.claims),
    }
    for label, said in known.items():
        if said:
            yield Padding(Text.assemble((f"{label} ", "dim"), said), (0, 0, 0, 2))
    yield Text()
