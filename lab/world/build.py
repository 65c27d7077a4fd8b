"""Builds a world once into a static tree, kept by content hash, that servers then only read."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.errors import LabError, ScenarioError
from lab.paths import cache_remedy, cache_root
from lab.world.check import faults
from lab.world.model import World
from lab.world.tree import Tree

__all__ = ["Tree", "build"]

# Part of the hash: raise it when the same world would give other bytes than before.
FORMAT = 3


def build(world: World, cache: Path | None = None) -> Tree:
    """Return the tree of a world, building it if the cache does not have it.

    Any number of processes may build the same world at once, and be killed at any moment: a tree
    appears whole, by one rename, or not at all.

    Args:
        world: as a whole, the base world included.
        cache: the directory of all trees (default: worlds/ under `lab.paths.cache_root`).

    Raises:
        ScenarioError: the world does not fit together.
        LabError: it cannot be stored.
    """
    cache = cache or cache_root() / "worlds"
    text = world.model_dump_json(by_alias=True, exclude_unset=True)
    name = hashlib.sha256(f"{FORMAT}\n{text}".encode()).hexdigest()[:32]
    final = cache / name
    if (final / "index.json").is_file():
        return Tree(final)
    wrong = [f"world: {'.'.join(map(str, f.loc))}: {f.message}" for f in faults(world)]
    if wrong:
        raise ScenarioError(wrong)
    from lab.world.layout import write  # few runs build a world

    try:
        cache.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        with _draft(name, cache) as draft:
            (draft / "world.json").write_text(text)
            write(world, draft)
            draft.chmod(0o755)
            try:
                draft.rename(final)
            except OSError:
                # Lost the race: somebody else's tree stands there, byte for byte the same.
                if not final.is_dir():
                    raise
    except OSError as error:
        reason = f"the world cannot be stored in {cache}: {error.strerror or error}"
        raise LabError(reason, cache_remedy(error)) from None
    return Tree(final)


@contextmanager
def _draft(name: str, cache: Path) -> Iterator[Path]:
    """Make a directory to build in, locked as long as its builder lives."""
    while True:
        draft = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=cache))
        handle = _lock(draft)
        if handle is not None and draft.exists():
            break
        # Somebody who sweeps was there before it was locked.
        if handle is not None:
            os.close(handle)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        os.close(handle)


def _sweep(cache: Path) -> None:
    """Remove the drafts of builders that were killed: nobody holds their locks."""
    for draft in cache.glob(".*"):
        handle = _lock(draft)
        if handle is not None:
            shutil.rmtree(draft, ignore_errors=True)
            os.close(handle)


def _lock(directory: Path) -> int | None:
    """Lock a directory; None if somebody else has, or it has gone."""
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
