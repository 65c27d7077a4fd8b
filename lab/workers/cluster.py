"""The workers of a Dask cluster: `dask://HOST:PORT` is the address of its scheduler."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import lab
from lab.errors import LabError, UsageError
from lab.workers import job
from lab.workers.elsewhere import Elsewhere

_PATIENCE = 10.0
"""Seconds in which the scheduler must answer, and have a worker."""

_MOST = 256
"""Runs that are with the workers at a time, at most: one of our threads waits for each."""


class Cluster(Elsewhere):
    """The workers of a cluster."""

    def __init__(self, client: Any, backend: str) -> None:
        threads = sum(client.nthreads().values())
        # What is a function of the same arguments once more is done once more.
        executor = client.get_executor(pure=False)
        super().__init__(executor, self._end_everywhere, backend, min(2 * threads, _MOST))
        self._client = client

    def gone(self) -> str:
        """Say so if the scheduler is gone, and did not come back while Dask waited for it."""
        return "the scheduler of the workers is gone" if self._client.status == "closed" else ""

    def _end_everywhere(self, session: str) -> None:
        with contextlib.suppress(OSError, TimeoutError):  # they are gone
            self._client.run(job.end, session, on_error="ignore")


@contextmanager
def open_cluster(address: str, backend: str = "auto") -> Iterator[Cluster]:
    """Connect with the scheduler of a cluster; leaving the block ends every lab of this session.

    Args:
        address: `dask://HOST:PORT`.
        backend: where the labs are, on each worker.

    Raises:
        UsageError: it is no address, Dask is not installed, or a worker has another golab.
        LabError: nobody answers there, or there is no worker.
    """
    scheduler = _scheduler(address)
    try:
        import distributed
    except ImportError:
        raise UsageError(
            "--workers needs Dask, which is not installed", "`pip install 'golab[dask]'`"
        ) from None
    # What its loops have to say of a connection that ends is said by us, in a line.
    for name in ("distributed", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    connect: Any = distributed.Client  # untyped
    try:
        client = connect(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise LabError(f"no Dask scheduler answers at {address}: {_line(error)}") from None
    with client:
        _check(client, address)
        cluster = Cluster(client, backend)
        try:
            yield cluster
        finally:
            cluster.close()


def _scheduler(address: str) -> str:
    kind, _, place = address.partition("://")
    if "@" in place:  # which is not shown
        raise UsageError("an address of workers has no login; write it as dask://HOST:PORT")
    host, _, port = place.rpartition(":")
    if kind != "dask" or not host or not port.isdigit():
        raise UsageError(f"{address!r} is no address of workers; write it as dask://HOST:PORT")
    return f"tcp://{place}"


def _check(client: Any, address: str) -> None:
    """Raise unless there are workers, all of which have this golab."""
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError:
        raise LabError(
            f"the scheduler at {address} has no workers",
            f"start one: `dask worker {address.removeprefix('dask://')}`",
        ) from None
    for worker, found in client.run(job.version, on_error="return").items():
        if isinstance(found, BaseException):
            raise UsageError(f"the worker {worker} cannot load golab: {_line(found)}")
        if found != lab.__version__:
            raise UsageError(
                f"the worker {worker} has golab {found}, and this is {lab.__version__}"
            )


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
