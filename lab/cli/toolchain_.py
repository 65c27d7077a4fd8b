"""`golab toolchain`: the Go toolchains in golab's own cache."""

from __future__ import annotations

import click

from lab.cli import complete
from lab.cli.each import each
from lab.cli.group import Group
from lab.errors import OK


@click.group("toolchain", cls=Group)
def command() -> None:
    """The Go toolchains that golab has fetched, and can fetch."""


@command.command("list")
def list_() -> int:
    """List the versions that golab pins, those in its cache, and the one on the PATH.

    `compiled`: what scenarios compile finds the standard library compiled.
    """
    from lab.go import buildcache, toolchain

    there = {one.version: one for one in toolchain.stored()}
    for version in toolchain.PINNED:
        size = toolchain.size(version)
        if version in there:
            compiled = buildcache.place(there[version]).is_dir()
            said = f"fetched  {there[version].goroot}{', compiled' if compiled else ''}"
        elif size is None:
            said = "none for this machine"
        else:
            said = f"not yet fetched ({size / 1e6:.0f} MB)"
        click.echo(f"{version:<9} {said}")
    for version in there.keys() - toolchain.PINNED.keys():
        click.echo(f"{version:<9} fetched  {there[version].goroot}, not pinned any more")
    if own := toolchain.on_path():
        click.echo(f"{own.version:<9} on PATH  {own.goroot}")
    return OK


@command.command("install")
@click.argument(
    "versions", nargs=-1, required=True, metavar="VERSION...", shell_complete=complete.all_versions
)
def install(versions: tuple[str, ...]) -> int:
    """Fetch these versions into golab's cache, hash-checked; `all` is every pinned one."""
    from lab.cli.progress import fetching
    from lab.go import toolchain

    with fetching() as progress:
        for version in toolchain.chosen(versions):
            found = toolchain.install(version, progress)
            click.echo(f"{version:<9} {found.goroot}")
    return OK


@command.command("remove")
@click.argument(
    "versions", nargs=-1, required=True, metavar="VERSION...", shell_complete=complete.stored
)
def remove(versions: tuple[str, ...]) -> int:
    """Remove these versions from golab's cache; a lab that runs with one loses it."""
    from lab.go import toolchain

    def one(version: str) -> None:
        toolchain.remove(version)
        click.echo(f"removed go{version.removeprefix('go')}")

    return each(versions, one)


@command.command("prune")
@click.option("--all", "everything", is_flag=True, help="Every version.")
def prune(*, everything: bool) -> int:
    """Remove versions that golab does not pin any more, and what a killed fetch has left.

    The same goes for compiled standard libraries of which no version is there.
    """
    from lab.go import buildcache, toolchain

    for name in toolchain.prune(everything=everything):
        click.echo(f"removed {name}")
    own = toolchain.on_path()
    kept = [] if everything else [*toolchain.stored(), *([own] if own else [])]
    for name in buildcache.prune(kept):
        click.echo(f"removed {name}, compiled")
    return OK
