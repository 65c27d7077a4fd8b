"""Which backend a lab runs in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab.errors import LabError, UnfitError, UsageError

if TYPE_CHECKING:
    from lab.sandbox.interface import Backend

_PATIENCE = 1.0
Say = Callable[[str], None]
BACKENDS = ("auto", "local", "docker")


@contextmanager
def open_backend(
    name: str,
    *,
    labs: int = 1,
    go: str | Sequence[str] | None = None,
    say: Say = lambda _: None,
) -> Iterator[Backend]:
    """Open a backend for about this many labs; leaving the block ends every lab of it.

    Args:
        name: one of `BACKENDS`; `auto` is docker where that is ready, else local.
        labs: about how many.
        go: the Go version asked for, or several.
        say: called with what `auto` has chosen where there was a choice, and why.

    Raises:
        UsageError: golab has no such backend.
        UnfitError: this machine has none.
    """
    if name not in BACKENDS:
        raise UsageError(f"no backend {name!r}; one of {', '.join(BACKENDS)}")
    versions = [go] if isinstance(go, str) else list(go or ())
    backend = _docker(name, versions, say) or _local(labs)
    try:
        yield backend
    finally:
        backend.close()


def _local(labs: int) -> Backend:
    if sys.platform != "linux":
        raise UnfitError(
            f"local labs need Linux, and this is {sys.platform}",
            "use --backend docker, or a Linux machine, container or VM",
        )
    from lab.sandbox.local.spawn import Zygote

    zygote = Zygote(labs)
    from lab.sandbox.local.backend import LocalBackend

    return LocalBackend(zygote)


def _docker(name: str, versions: Sequence[str], say: Say) -> Backend | None:
    from lab.sandbox.docker import where

    if name == "local" or (name == "auto" and not where.may_be()):
        return None
    from lab.sandbox.docker.backend import DockerBackend

    if name == "docker":
        return DockerBackend()
    from lab.go.toolchain import named
    from lab.sandbox.docker import images
    from lab.sandbox.docker.engine import connect

    try:
        engine = connect(timeout=_PATIENCE)
        wanted = [named(go) for go in versions or (None,)]
        problems = [problem for go in wanted for problem in images.missing(engine, go)]
        if not problems:
            backend = DockerBackend(connect())
            say("docker: an engine answers and its images are current")
            return backend
        reason = f"{problems[0]}; `golab images build` makes it"
    except LabError as error:
        reason = error.reason
    say(f"local: {reason}")
    return None
