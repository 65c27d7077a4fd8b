"""Builds a world once into a static tree, kept by content hash, that servers then only read."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
import time
from pathlib import Path

from lab.errors import ScenarioError
from lab.paths import cache_root
from lab.world.check import faults
from lab.world.layout import write
from lab.world.model import World
from lab.world.tree import Tree

__all__ = ["Tree", "build"]

# Part of the hash: raise it when the same world would give other bytes than before.
FORMAT = 3
_ABANDONED_SECONDS = 3600


def build(world: World, cache: Path | None = None) -> Tree:
    """Return the tree of a world, building it if the cache does not have it.

    Any number of processes may build the same world at once, and be killed at any moment: a tree
    appears whole, by one rename, or not at all.

    Args:
        world: as a whole, the base world included.
        cache: the directory of all trees (default: worlds/ under `lab.paths.cache_root`).

    Raises:
        ScenarioError: the world does not fit together.
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
    cache.mkdir(parents=True, exist_ok=True)
    _sweep(cache)
    draft = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=cache))
    try:
        (draft / "world.json").write_text(text)
        write(world, draft)
        draft.chmod(0o755)
        # Lost the race: somebody else's tree stands there, byte for byte the same.
        with contextlib.suppress(OSError):
            draft.rename(final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Tree(final)


def _sweep(cache: Path) -> None:
    """Remove the drafts of builders that were killed."""
    for draft in cache.glob(".*"):
        with contextlib.suppress(OSError):
            if time.time() - draft.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(draft, ignore_errors=True)
