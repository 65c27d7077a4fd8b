"""`golab images`: build, list and prune the images of Docker labs."""

from __future__ import annotations

import shutil
import sys
import time

import click

from lab.cli import complete
from lab.cli.group import Group
from lab.errors import OK, LabError
from lab.report.visible import visible


@click.group("images", cls=Group)
def command() -> None:
    """The images that Docker labs run from."""


@command.command("build")
@click.option(
    "--go",
    "versions",
    multiple=True,
    metavar="VERSION",
    help="For this Go; repeatable.",
    shell_complete=complete.versions,
)
@click.option("--base", metavar="IMAGE", help="Build on another Debian-like image.")
@click.option("--no-cache", is_flag=True, help="Begin anew, with the packages of today.")
def build(versions: tuple[str, ...], *, base: str | None, no_cache: bool) -> int:
    """Build the images of client, edge and origin; what is current is rebuilt from the cache."""
    from lab.go.toolchain import PINNED, named
    from lab.sandbox.docker import images
    from lab.sandbox.docker.engine import connect

    goes = [named(version) for version in versions or (None,)]
    for go in goes:
        if go not in PINNED:
            known = ", ".join(PINNED)
            click.echo(
                f"golab: go {go} is taken as the package index has it: golab knows the hashes of "
                f"{known} only",
                err=True,
            )
    engine = connect(timeout=600)
    plan: list[tuple[images.Role, str]] = [("edge", ""), ("origin", "")]
    plan += [("client", go) for go in goes]
    for role, go in plan:
        started = time.monotonic()
        name = images.build(
            engine, role, go, base=base or images.BASE, cache=not no_cache, progress=_show
        )
        _show("")
        click.echo(f"{name}  {time.monotonic() - started:.1f} s")
    return OK


def _show(step: str) -> None:
    """Show what a build is doing, where somebody is looking; one line, written over."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        step = visible(step).replace("\n", " ")
        click.echo(f"\r{step[:width]:<{width}}" + ("" if step else "\r"), nl=False, err=True)


@command.command("list")
def list_() -> int:
    """List golab's images, and whether they are current."""
    from lab.sandbox.docker import images
    from lab.sandbox.docker.engine import connect

    found = images.every(connect())
    for image in found:
        state = "current" if image.current else "stale"
        click.echo(f"{image.tag:<32} {state:<8} {image.size / 1e6:6.0f} MB  {image.content}")
    if not found:
        click.echo("no images yet; `golab images build` builds them", err=True)
    return OK


@command.command("prune")
@click.option("--all", "everything", is_flag=True, help="Current ones, too.")
def prune(*, everything: bool) -> int:
    """Remove stale images of golab's; nothing that is not golab's is touched."""
    from lab.sandbox.docker import images
    from lab.sandbox.docker.engine import connect

    problems = []
    for name, problem in images.prune(connect(), everything=everything):
        if problem:
            problems.append(problem)
        else:
            click.echo(f"removed {name}")
    if problems:
        raise LabError("\n".join(problems))
    return OK
