"""`golab claims`: what the documents claim, measured."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import click

from lab.cli import complete, say
from lab.cli.options import backend_option
from lab.errors import DIFFERS, LAB, OK, UsageError
from lab.go.toolchain import DEFAULT, chosen
from lab.sandbox.choose import open_backend

if TYPE_CHECKING:
    from lab.claims.model import Claim
    from lab.claims.results import Ledger, Measured

_SEED = 0


@click.command("claims")
@click.argument("ids", nargs=-1, metavar="[CLAIM]...", shell_complete=complete.claims)
@click.option(
    "--family", help="Only this family of claims.", shell_complete=complete.claim_families
)
@click.option(
    "--go",
    "versions",
    multiple=True,
    metavar="VERSION",
    help="With this Go, or `all` that golab can fetch; repeat to compare.",
    shell_complete=complete.all_versions,
)
@backend_option
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="Labs at a time.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--markdown", is_flag=True, help="Print docs/claims.md.")
@click.option("--recorded", is_flag=True, help="Show what is on record; measure nothing.")
@click.option("--record", is_flag=True, help="Put what is measured on record.")
def command(
    ids: tuple[str, ...],
    *,
    family: str | None,
    versions: tuple[str, ...],
    backend: str,
    jobs: int | None,
    as_json: bool,
    markdown: bool,
    recorded: bool,
    record: bool,
) -> int:
    """Measure what the documents claim, and compare it with what is on record.

    An interrupt ends every lab. What was measured by then is shown, and nothing is recorded.
    """
    from lab.claims import ledger
    from lab.claims.load import select

    if as_json and markdown:
        raise UsageError("say --json or --markdown, but not both")
    if record and recorded:
        raise UsageError("say --record or --recorded, but not both")
    claims, goes = select(ids, family), chosen(versions)
    on_record = ledger.record()
    if recorded:
        kept = {
            id_: {go: one for go, one in by_go.items() if not goes or go in goes}
            for id_, by_go in on_record.items()
        }
        _show(ledger.ledger(claims, kept), as_json=as_json, markdown=markdown)
        return OK
    if record:
        ledger.writable()
    found, interrupt = _measured(claims, goes, backend, jobs or 2 * (os.cpu_count() or 1))
    if found.entries or not interrupt:
        _show(found, as_json=as_json, markdown=markdown)
    if interrupt:
        raise interrupt
    if record:
        ledger.write_record(found)
        on_record = ledger.record()
    for difference in (different := ledger.differences(found, on_record)):
        say(difference)
    if any(entry.verdict in ("error", "undecided") for entry in found.entries):
        return LAB
    return DIFFERS if different else OK


def _measured(
    claims: list[Claim], goes: list[str], backend: str, jobs: int
) -> tuple[Ledger, KeyboardInterrupt | None]:
    """Return what was measured, and the interrupt that came before it was all."""
    from lab.claims.ledger import Measuring
    from lab.claims.measure import compile_something
    from lab.cli.progress import fetching

    with open_backend(backend, labs=2, go=goes) as place:
        with fetching() as progress:
            toolchains = [place.toolchain(version, progress) for version in goes or [DEFAULT]]
            if compile_something(claims):
                for toolchain in toolchains:
                    place.warm(toolchain, progress)
        measurable = sum(not claim.untestable for claim in claims)
        done, total = 0, measurable * len(toolchains)

        def observe(claim: Claim, go: str, result: Measured) -> None:
            nonlocal done
            done += 1
            with contextlib.suppress(OSError):  # nobody can be told
                text = f"golab: {done} of {total}: {claim.id} (go {go}): {result.verdict}"
                click.echo(text, err=True)

        measuring = Measuring(claims, place, toolchains, seed=_SEED, observe=observe)
        try:
            return measuring.run(jobs), None
        except KeyboardInterrupt as interrupt:
            return measuring.ledger(), interrupt


def _show(found: Ledger, *, as_json: bool, markdown: bool) -> None:
    from lab.report.visible import visible, visible_json, visible_parts

    if as_json:
        click.echo(visible_json(found.model_dump_json(indent=2, by_alias=True)))
    elif markdown:
        from lab.claims.markdown import page

        click.echo(visible(page(found)), nl=False)  # rules are shown in it, too
    else:
        from lab.claims.terminal import print_ledger

        print_ledger(visible_parts(found))
