"""Which repository a module lives in: its URL, and the path its root stands for (ref/mod)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from lab.world.model import Module
from lab.world.modpath import split_major

# Hosts that the go command knows without asking (cmd/go/internal/vcs: vcsPaths).
_FORGES = {"github.com": 3, "bitbucket.org": 3, "gitlab.com": 3}


class Place(NamedTuple):
    """Where a module stands in its repository."""

    url: str
    root: str
    directory: str
    branch: str

    @property
    def tag_prefix(self) -> str:
        """What stands before the version in a tag: `api/` for the module in api/."""
        return f"{self.directory}/" if self.directory else ""


def place(path: str, module: Module, paths: Iterable[str]) -> Place:
    """Find the place of a module among the modules of its world.

    Without `repo` and `root`, a forge's repositories are two elements deep, gopkg.in's are the
    path itself, and elsewhere a module shares the repository of the shortest path above it.
    """
    prefix, major = (path, 1) if path.startswith("gopkg.in/") else split_major(path)
    root = module.root or _root(prefix, paths)
    branch = f"v{major}" if major > 1 else "master"
    return Place(module.repo or _url(root), root, prefix[len(root) + 1 :], branch)


def _root(prefix: str, paths: Iterable[str]) -> str:
    host = prefix.partition("/")[0]
    if host in _FORGES:
        return "/".join(prefix.split("/")[: _FORGES[host]])
    if host == "gopkg.in":
        return prefix
    parts, known = prefix.split("/"), _prefixes(tuple(paths))
    above = ("/".join(parts[:size]) for size in range(1, len(parts) + 1))
    return next((one for one in above if one in known), prefix)


@lru_cache(maxsize=4)
def _prefixes(paths: tuple[str, ...]) -> frozenset[str]:
    """Return module paths without their major versions."""
    return frozenset(split_major(path)[0] for path in paths if not path.startswith("gopkg.in/"))


def _url(root: str) -> str:
    if root.startswith("golang.org/x/"):
        return "https://go.googlesource.com/" + root.removeprefix("golang.org/x/")
    return f"https://{root}"
