"""Where golab keeps things: its cache, and the data files that travel with it."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_root() -> Path:
    """Return golab's cache directory: $GOLAB_CACHE, or the platform's place for caches."""
    chosen = os.environ.get("GOLAB_CACHE")
    return Path(chosen).absolute() if chosen else platformdirs.user_cache_path("golab")


def scenarios_root() -> Path:
    """Return the directory of the catalogue: in the wheel, or beside `lab` in a checkout."""
    here = Path(__file__).resolve().parent
    packed = here / "_data" / "scenarios"
    return packed if packed.is_dir() else here.parent / "scenarios"


def images_root() -> Path:
    """Return the directory of the Dockerfiles: in the wheel, or beside `lab` in a checkout."""
    here = Path(__file__).resolve().parent
    packed = here / "_data" / "images"
    return packed if packed.is_dir() else here.parent / "images"
