"""Every lab there is: those held open here, and those that only a Docker engine knows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lab.daemon.client import is_mute
from lab.daemon.registry import Held, fitting_ids, held
from lab.errors import LabError

if TYPE_CHECKING:
    import docker

    from lab.sandbox.docker.sweep import Found

_PATIENCE = 5.0
"""Seconds that an engine has to show itself: one that is mute is not to hide the local labs."""
_WORKING = 60


@dataclass(frozen=True)
class Row:
    """A lab as `golab ps` shows it; what is not known is None.

    Attributes:
        since: when it came up (RFC 3339, UTC).
        holder: who holds it: `process 1234`, with `on HOST` where that is another machine.
        abandoned: whether its holder has ended.
        mute: whether its holder is on this machine and does not answer.
    """

    lab: str
    scenario: str
    arm: str | None
    backend: str
    go: str | None
    since: str | None
    holder: str
    abandoned: bool
    mute: bool = False


def engine() -> docker.DockerClient | None:
    """Connect to the engine that is set up here, if one is.

    Raises:
        UnfitError: it does not answer, or may not be used.
    """
    from lab.sandbox.docker import where

    if not where.may_be():
        return None
    from lab.sandbox.docker.engine import connect

    client = connect(timeout=_PATIENCE)
    client.api.timeout = _WORKING
    return client


def overview() -> tuple[list[Row], str]:
    """Return every lab, and why those of the engine could not be listed, '' if they could."""
    known = held()
    with ThreadPoolExecutor(len(known) or 1) as pool:
        rows = list(pool.map(_of_ours, known))
    ids = {lab.id for lab in known}
    try:
        rows += [_of_engine(lab) for lab in _in_engine() if lab.id not in ids]
    except LabError as error:
        return rows, error.reason
    return rows, ""


def _in_engine() -> list[Found]:
    client = engine()
    if client is None:
        return []
    from lab.sandbox.docker.sweep import every

    return every(client)


def _of_ours(lab: Held) -> Row:
    holder = f"process {lab.pid}"
    return Row(
        lab.id,
        lab.scenario,
        lab.arm,
        lab.backend,
        lab.go,
        lab.since,
        holder,
        abandoned=False,
        mute=is_mute(lab),
    )


def _of_engine(lab: Found) -> Row:
    from lab.sandbox.docker import labels

    rows = list(lab.containers.values())
    made = [datetime.fromtimestamp(row["Created"], UTC) for row in rows]
    machine, _, rest = lab.owner.partition(" ")
    holder = f"process {rest.partition(' ')[0]} on {machine.partition('/')[0]}"
    return Row(
        lab=lab.id,
        scenario=lab.scenario,
        arm=lab.arm or None,
        backend="docker",
        go=next((row["Labels"][labels.GO] for row in rows if labels.GO in row["Labels"]), None),
        since=min(made).strftime("%Y-%m-%dT%H:%M:%SZ") if made else None,
        holder=holder,
        abandoned=lab.abandoned,
    )


def remove(name: str) -> str | None:
    """Remove a lab that only the engine knows, by its id or the beginning of it.

    Returns:
        its id; None if the engine has no such lab, or several.

    Raises:
        LabError: the engine does not answer, or something of the lab stays.
    """
    client = engine()
    if client is None:
        return None
    from lab.sandbox.docker import sweep

    fitting = fitting_ids(name, (lab.id for lab in sweep.every(client)))
    if len(fitting) != 1:
        return None
    (lab,) = fitting
    sweep.remove(client, lab)
    return lab
