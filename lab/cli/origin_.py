"""`golab origin serve`: the hermetic world as GOPROXY and GOSUMDB for any test suite, offline."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import click

from lab.cli import say
from lab.cli.group import Group
from lab.errors import OK, UsageError


@click.group("origin", cls=Group)
def command() -> None:
    """The hermetic Go module Internet of the labs, on its own."""


@command.command(context_settings={"allow_interspersed_args": False})
@click.option(
    "--world",
    "file",
    type=click.Path(path_type=Path),
    help="A world file (YAML, or txtar if it ends in .txt or .txtar) to lay over the base world.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any free one.")
@click.option("--tls", is_flag=True, help="HTTPS and HTTP/2, and a forward proxy to all names.")
@click.option("--json", "as_json", is_flag=True, help="Print the environment as one JSON object.")
@click.argument("words", nargs=-1, metavar="[-- COMMAND...]", type=click.UNPROCESSED)
def serve(file: Path | None, *, port: int, tls: bool, as_json: bool, words: tuple[str, ...]) -> int:
    """Serve the world on localhost, for a command or until interrupted.

    A command has the environment set, and signals passed on to it; its exit status is returned.
    Without one, prints the environment to export, then answers until Ctrl-C or SIGTERM; the exit
    status is then 0. The modules are made up, so the environment also names a GOPATH and GOMODCACHE
    of their own: your real module cache never sees them.
    """
    if words and as_json:
        raise UsageError("a command has the environment set; leave out --json")
    if words and not words[0]:
        raise UsageError("which command? what stands first behind -- is empty")
    from lab.origin import server
    from lab.origin.environment import environment
    from lab.world.build import build
    from lab.world.load import base_world, load_world

    tree = build(load_world(file) if file else base_world())
    with ExitStack() as held:
        try:
            sock = held.enter_context(server.listen(port=port))
        except OSError as error:
            message = f"port {port} cannot be used ({error.strerror}); choose another with --port"
            raise UsageError(message) from None
        tunnel = held.enter_context(server.listen()) if tls else None
        files = None
        if tls:
            from lab.origin.tls import create

            folder = held.enter_context(tempfile.TemporaryDirectory(prefix="golab-origin-"))
            files = create([*tree.hosts, "localhost", "127.0.0.1"], Path(folder))
        exported = environment(
            tree,
            sock.getsockname()[1],
            certificate=files[0] if files else None,
            tunnel=tunnel.getsockname()[1] if tunnel else None,
        )

        if words:
            serving = partial(server.serve, tree, [sock], tls=files, tunnel=tunnel)
            return _beside(words, exported, serving)

        async def started(_: object) -> None:
            _say(exported, as_json=as_json)

        server.serve(tree, [sock], tls=files, tunnel=tunnel, started=started)
        return OK


def _beside(words: tuple[str, ...], exported: dict[str, str], serve: Callable[..., None]) -> int:
    """Run a command while an origin serves, and return its exit status."""
    from lab.origin import beside

    statuses: list[int] = []

    async def until() -> None:
        env = {**os.environ, **exported}
        statuses.append(await asyncio.to_thread(beside.run, words, env))

    try:
        with beside.signals_wait():
            serve(until=until)
    except OSError as error:
        if statuses or error.filename != words[0]:
            raise
        missing = isinstance(error, FileNotFoundError)
        said = "there is no such program" if missing else f"it cannot be run: {error.strerror}"
        say(f"{words[0]}: {said}")
        return beside.NOT_FOUND if missing else beside.NOT_EXECUTABLE
    return statuses[0]


def _say(exported: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(exported, indent=2))
    else:
        for name, value in exported.items():
            click.echo(f"export {name}={shlex.quote(value)}")
        click.echo("# serving until interrupted (Ctrl-C)")
    sys.stdout.flush()
