"""Which backend a lab runs in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from lab.errors import UnfitError
from lab.sandbox.interface import Backend

BACKENDS = ("auto", "local", "docker")


@contextmanager
def open_backend(name: str, *, labs: int = 1) -> Iterator[Backend]:
    """Open a backend for about this many labs; leaving the block ends every lab of it.

    Raises:
        UnfitError: this machine has no such backend.
    """
    if sys.platform != "linux":
        raise UnfitError(
            f"labs need Linux, and this is {sys.platform}; use a Linux machine, container or VM"
        )
    backend: Backend
    if name == "docker":
        from lab.sandbox.docker.backend import DockerBackend

        backend = DockerBackend()
    else:
        from lab.sandbox.local.backend import LocalBackend

        backend = LocalBackend(labs=labs)
    try:
        yield backend
    finally:
        backend.close()
