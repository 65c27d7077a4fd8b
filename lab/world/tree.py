"""A built world on disk, as servers and labs read it: light to import, opened without parsing.

world.json                      the World it was built from
index.json                      modules, hosts, credentials, repositories, sums
proxy/<module>/@v/…, @latest    what a proxy serves (ref/mod#goproxy-protocol); file:// works
twins/<module>/@v/…, @latest    the same of the other modules under these names
repos/<number>.git              bare repositories
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from faults.goproto import semver
from lab.world.modpath import escape

Kind = Literal["info", "mod", "zip"]

_SHORTEST_HASH = 7


@dataclass(frozen=True)
class Version:
    """One version of a module.

    `time` is RFC 3339, UTC; `commit` the full hash, or the short one that a pseudo-version has;
    `zip_sum` and `mod_sum` are h1 sums; `retract` holds the closed intervals its go.mod retracts.
    """

    time: str
    commit: str = ""
    ref: str = ""
    branch: str = ""
    zip_sum: str = ""
    mod_sum: str = ""
    has_mod: bool = True
    retract: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Module:
    """A module and who may have it."""

    versions: Mapping[str, Version] = field(default_factory=dict)
    private: bool = False
    owner: str = "corp"
    access: str = "challenge"
    proxy: bool = True
    repo: str = ""

    def listed(self, versions: Collection[str] | None = None) -> list[str]:
        """Return what @v/list shows of these versions (default: of all): the tags, in order.

        Incompatible ones are left out once the last compatible one has a go.mod, as in direct mode
        (modfetch/coderepo.go: appendIncompatibleVersions).
        """
        shown = self.versions if versions is None else versions
        tagged = sorted((v for v in shown if not semver.is_pseudo(v)), key=semver.key)
        compatible = [v for v in tagged if not v.endswith("+incompatible")]
        if compatible and self.versions[compatible[-1]].has_mod:
            return compatible
        return tagged

    def latest(self, versions: Collection[str] | None = None) -> str:
        """Return the one of these versions that @latest names, "" if there is none.

        Releases go before pre-releases before commits, the retracted last of all
        (modload/query.go; retractions are read from the highest version, ref/mod).
        """
        every = self.versions if versions is None else versions
        shown = [*self.listed(every), *filter(semver.is_pseudo, every)]
        highest = semver.latest(shown)
        if highest is None:
            return ""
        intervals = self.versions[highest].retract
        kept = [v for v in shown if not _within(v, intervals)]
        return semver.latest(kept) or highest

    def resolve(self, query: str, versions: Collection[str] | None = None) -> str:
        """Return which of these versions a version, branch or commit hash names, "" if none.

        A hash may be cut short to 7 digits, as git and Go have it (codehost/git.go); the tag of
        an incompatible version names it without its suffix (modfetch/coderepo.go: convert).
        """
        shown = self.versions if versions is None else versions
        for name in (query, f"{query}+incompatible"):
            if name in shown:
                return name
        rows = {v: self.versions[v] for v in shown}
        on_branch = [v for v, row in rows.items() if row.branch and row.branch == query]
        if on_branch:
            return max(on_branch, key=lambda v: (rows[v].time, semver.key(v)))
        if len(query) < _SHORTEST_HASH:
            return ""
        named = [
            v
            for v, row in rows.items()
            if row.commit and (row.commit.startswith(query) or query.startswith(row.commit))
        ]
        return max(named, key=semver.key, default="")


def _within(version: str, intervals: Collection[tuple[str, str]]) -> bool:
    place = semver.key(version)
    return any(semver.key(low) <= place <= semver.key(high) for low, high in intervals)


@dataclass(frozen=True)
class Host:
    """What a name answers for; see `lab.world.model.Host`."""

    proxy: str = ""
    private: bool = False
    twins: bool = False
    sumdb: bool = False
    relay: bool = True


@dataclass(frozen=True)
class Credential:
    """A user and secret that hosts know; see `lab.world.model.Credential`."""

    user: str
    secret: str
    status: str
    teams: tuple[str, ...]


@dataclass(frozen=True)
class Repo:
    """A repository: its directory in the tree, the path it stands for, the modules in it."""

    directory: str
    root: str
    modules: tuple[str, ...]


@dataclass(frozen=True)
class Sumdb:
    """The checksum database, and how it is to be served.

    Each record is a module, its version, and the h1 sums of the zip and of the go.mod.
    """

    name: str
    gosumdb: str
    head: str
    records: tuple[tuple[str, str, str, str], ...]
    size: int | None = None
    fork: tuple[str, ...] = ()


@dataclass(frozen=True)
class Index:
    """All that a server must know of a world; index.json holds exactly this."""

    modules: Mapping[str, Module]
    twins: Mapping[str, Module]
    hosts: Mapping[str, Host]
    credentials: Mapping[str, Credential]
    repos: Mapping[str, Repo]
    sumdb: Sumdb

    def to_json(self) -> str:
        """Return the index as JSON, the same for the same index."""
        return json.dumps(asdict(self), indent=None, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Index:
        """Read what `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        sumdb = data["sumdb"]
        sumdb["records"] = tuple((a, b, c, d) for a, b, c, d in sumdb["records"])
        return cls(
            _modules(data["modules"]),
            _modules(data["twins"]),
            {name: Host(**given) for name, given in data["hosts"].items()},
            {
                name: Credential(**{**given, "teams": tuple(given["teams"])})
                for name, given in data["credentials"].items()
            },
            {
                url: Repo(**{**given, "modules": tuple(given["modules"])})
                for url, given in data["repos"].items()
            },
            Sumdb(**{**sumdb, "fork": tuple(sumdb["fork"])}),
        )


def _modules(given: Mapping[str, Mapping[str, Any]]) -> dict[str, Module]:
    return {
        path: Module(**{**module, "versions": _versions(module["versions"])})
        for path, module in given.items()
    }


def _versions(given: Mapping[str, Mapping[str, Any]]) -> dict[str, Version]:
    return {
        version: Version(**{**row, "retract": tuple((a, b) for a, b in row["retract"])})
        for version, row in given.items()
    }


@dataclass(frozen=True)
class Tree:
    """A world that has been built; `path` is the directory, never changed once it is there."""

    path: Path

    @cached_property
    def index(self) -> Index:
        """What a server must know, read once."""
        return Index.from_json((self.path / "index.json").read_text())

    @property
    def gosumdb(self) -> str:
        """What GOSUMDB must be for a client to trust the world's checksum database."""
        return self.index.sumdb.gosumdb

    @property
    def hosts(self) -> list[str]:
        """Every name that the world answers for, repositories and vanity paths included."""
        index = self.index
        names = [url.removeprefix("https://").partition("/")[0] for url in index.repos]
        names += [repo.root.partition("/")[0] for repo in index.repos.values()]
        return sorted({*index.hosts, *names})

    def versions(self, path: str) -> list[str]:
        """Return a module's versions in order, pseudo-versions included.

        Raises:
            KeyError: the world has no such module.
        """
        return sorted(self.index.modules[path].versions, key=semver.key)

    def resolve(self, path: str, query: str) -> str:
        """Return the version that a version, a branch or a commit names, "" if none.

        Raises:
            KeyError: the world has no such module.
        """
        return self.index.modules[path].resolve(query)

    def sums(self, path: str, version: str) -> tuple[str, str]:
        """Return the h1 sums of a version's zip and of its go.mod.

        Raises:
            KeyError: the world has no such module or version.
        """
        row = self.index.modules[path].versions[version]
        return row.zip_sum, row.mod_sum

    def file(self, path: str, version: str, kind: Kind, *, twin: bool = False) -> Path:
        """Return where the .info, .mod or .zip of a version lies, or that of the module's twin."""
        folder = "twins" if twin else "proxy"
        return Path(f"{self.path}/{folder}/{escape(path)}/@v/{escape(version)}.{kind}")
