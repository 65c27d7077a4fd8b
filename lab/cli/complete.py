"""What the shell can complete: scenarios, families, Go versions, labs and their faults."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps

import click
from click.shell_completion import CompletionItem

from lab.errors import GolabError

Items = list[CompletionItem]
Complete = Callable[[click.Context, click.Parameter, str], Items]


def _quiet(find: Callable[[click.Context, str], Iterable[CompletionItem]]) -> Complete:
    """Turn what finds words into what click calls; where something is wrong, nothing is offered."""

    @wraps(find)
    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> Items:
        try:
            found = list(find(ctx, incomplete))
        except (GolabError, OSError):
            return []
        return [item for item in found if item.type != "plain" or item.value.startswith(incomplete)]

    return complete


@_quiet
def scenarios(_: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Complete `id`, `id/variant` once one id is left, or else the path of a file."""
    from lab.paths import scenarios_root

    id_, slash, _rest = incomplete.partition("/")
    ids = sorted(path.stem for path in scenarios_root().glob("*/*.yaml"))
    fitting = [one for one in ids if (one == id_ if slash else one.startswith(incomplete))]
    if not fitting:
        yield CompletionItem(incomplete, type="file")
    for one in fitting:
        yield CompletionItem(one)
    if len(fitting) == 1:
        from lab.scenario.load import find

        for variant in find(fitting[0]).variants:
            yield CompletionItem(f"{fitting[0]}/{variant}")


@_quiet
def families(_: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Complete the name of a family of the catalogue."""
    from lab.paths import scenarios_root

    for name in sorted({path.parent.name for path in scenarios_root().glob("*/*.yaml")}):
        yield CompletionItem(name)


@_quiet
def versions(_: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Complete a Go version that golab can fetch."""
    from lab.go.toolchain import PINNED

    return map(CompletionItem, PINNED)


@_quiet
def all_versions(_: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Complete what stands for several Go versions, too."""
    from lab.go.toolchain import ALL, PINNED

    return map(CompletionItem, [ALL, *PINNED])


@_quiet
def stored(_: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Complete a Go version that golab has fetched."""
    from lab.go import toolchain

    return [CompletionItem(one.version) for one in toolchain.stored()]


@_quiet
def claims(_: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Complete the id of a claim."""
    from lab.claims.load import families

    return [CompletionItem(claim.id) for one in families() for claim in one.claims]


@_quiet
def claim_families(_: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Complete the name of a family of claims."""
    from lab.claims.load import families

    return [CompletionItem(one.family, help=one.title) for one in families()]


@_quiet
def labs(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Complete the id of a lab that is up here."""
    from lab.daemon import registry

    named = ctx.params.get("labs") or ()
    for lab in registry.held():
        if lab.id not in named:
            yield CompletionItem(lab.id, help=f"{lab.scenario}, {lab.arm}, {lab.backend}")


@_quiet
def files(_: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Complete the path of a file."""
    yield CompletionItem(incomplete, type="file")


@_quiet
def directories(_: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Complete the path of a directory."""
    yield CompletionItem(incomplete, type="dir")


@_quiet
def faults(ctx: click.Context, incomplete: str) -> Iterable[CompletionItem]:
    """Complete the fault of a lab that can be switched: on where it is off, and off where on."""
    from lab.daemon import client, registry

    lab = registry.find(ctx.params["lab"])
    if not client.is_mute(lab):
        for rule in client.edge(lab).rules():
            if rule["on"] != (ctx.info_name == "on"):
                yield CompletionItem(rule["name"])
