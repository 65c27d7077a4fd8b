"""GOPRIVATE and its like: globs of module paths (x/mod/module, MatchPrefixPatterns; path.Match)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab.diagnostics.lints.hosts import is_public
from lab.diagnostics.lints.model import OF_GOPRIVATE, Problem, Setup
from lab.diagnostics.lints.routes import asks_database, fetches, proxies_for
from lab.go.settings import host_of, matches

LISTS = ("GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE")
_OUTSIDE = re.compile(r"[^-\w.~/*?\[\]\\^!]")
_GLOB = re.compile(r"[*?\[]")
_HOST_LETTERS = re.compile(r"[A-Z]")


def spelling(setup: Setup) -> Iterator[Problem]:
    """Patterns that match no module there can be."""
    for name in LISTS:
        if not setup.explicit(name):
            continue
        setting = setup.setting(name)
        for pattern in setting.value.split(","):
            if setting.value == "none" or not pattern:
                continue
            if found := matches_nothing(pattern):
                why, remedy = found
                yield Problem(
                    "pattern-matches-nothing",
                    "error",
                    f"{name} of {setting.source}: {pattern!r} {why}",
                    "the pattern matches no module, and go does not say so: what was meant goes to "
                    "proxies and the checksum database like any other",
                    remedy,
                    f"go env {name}",
                    "private-leak",
                    *_place(setup, name),
                )


def matches_nothing(pattern: str) -> tuple[str, str] | None:
    """Say why a pattern can match no module path, and what was meant."""
    bare = re.sub(r"^\w+://|^[\w.]+@|^\.|(?<=\w):\d*(?=/|$)", "", pattern.strip())
    first = pattern.removesuffix("/").split("/")[0]
    if re.search(r"[;|]|\S\s+\S", pattern):
        return "is one pattern: only a comma separates", "put a comma, and no blank, in between"
    if pattern != pattern.strip():
        return "has a blank in it, which go does not take off", f"write {bare}, without the blank"
    if "://" in pattern or "@" in pattern:
        return "is an address, and not the beginning of a module path", f"write {bare.lower()}"
    if ":" in pattern:
        return "has a port, and module paths have none", f"write {bare}"
    if pattern.startswith("."):
        return "begins with a dot, which stands for nothing here", f"write *{pattern}, and {bare}"
    if pattern.startswith("/") or "//" in pattern:
        return "has a slash too many", f"write {bare.strip('/')}"
    if _OUTSIDE.search(pattern):
        return "has a character that no module path has", "write the beginning of a module path"
    if _malformed(pattern):
        return "is no glob: a bracket is not closed", "close the bracket, or leave it away"
    if pattern == "none":
        return "stands for nothing beside other patterns", "leave it away"
    if _HOST_LETTERS.search(re.sub(r"\[.*?\]", "", first)):
        return "has capitals in the host, and module paths have none there", _lowered(pattern)
    if "." not in first and not _GLOB.search(first):
        return "has no dot in its first part: no module that is fetched is called so", (
            "write the host as it stands in import paths"
        )
    return None


def _lowered(pattern: str) -> str:
    host, slash, rest = pattern.partition("/")
    return f"write {host.lower()}{slash}{rest}"


def _malformed(pattern: str) -> bool:
    return any(
        part.count("[") and not re.search(r"\[[^\]]+\]", part) for part in pattern.split("/")
    )


def reach(setup: Setup) -> Iterator[Problem]:
    """Patterns that cover more than anybody's own, or leave the host itself out."""
    for name in LISTS:
        if not setup.explicit(name):
            continue
        setting = setup.setting(name)
        for pattern in setting.value.split(","):
            if matches_nothing(pattern) or not pattern:
                continue
            first, _, rest = pattern.removesuffix("/").partition("/")
            if _covers_strangers(first):
                yield _wide(setup, name, pattern)
            elif re.match(r"\*[\w-]", first):
                yield Problem(
                    "pattern-star-without-dot",
                    "warning",
                    f"{name} of {setting.source}: {pattern}",
                    f"a star takes anything: evil{first[1:]} is covered, too, and anybody can own "
                    "that",
                    f"write *.{first[1:]}, and {first[1:]} for the domain itself",
                    f"go env {name}",
                    "policy-generator",
                    *_place(setup, name),
                )
            elif set(rest) <= {"*", "/"} and rest and name in ("GOPRIVATE", "GONOPROXY"):
                yield _host_left_out(setup, name, pattern, first)


def _covers_strangers(first: str) -> bool:
    """Tell whether the first part of a pattern matches hosts of everybody."""
    return matches(first, "any.example") or any(
        matches(first, f"anybody.{top}") for top in ("com", "org", "net", "io", "dev", "cn")
    )


def _wide(setup: Setup, name: str, pattern: str) -> Problem:
    """Tell what a list does that covers everybody: harm, where something is fetched."""
    said = {
        "GOPRIVATE": "every module goes past proxy and checksum database",
        "GONOPROXY": "every module goes past the proxy, straight to its own host",
        "GONOSUMDB": "no module is compared with the checksum database: what comes first is right",
        "GOINSECURE": "any host may be asked over plain http, with any certificate",
    }
    # Where the database is not asked on purpose, damage is what a probe looks for, not the setting.
    harmless = name == "GONOSUMDB" or not fetches(setup)
    return Problem(
        "pattern-covers-everything",
        "note" if harmless else "warning",
        f"{name} of {setup.setting(name).source}: {pattern} covers other people's modules",
        said[name],
        "name your own hosts, one by one",
        f"go env {name}",
        {"GOINSECURE": "goinsecure", "GONOSUMDB": "tampered-private"}.get(name, "goprivate-star"),
        *_place(setup, name),
    )


def _host_left_out(setup: Setup, name: str, pattern: str, first: str) -> Problem:
    told = [host_of(url) for url in proxies_for(setup, first)]
    public = [host for host in told if is_public(host)]
    return Problem(
        "pattern-leaves-host-out",
        "warning" if public else "note",
        f"{name} of {setup.setting(name).source}: {pattern} does not cover {first} itself",
        "go get tries the beginnings of a path, too"
        + (f": {', '.join(public)} is asked for {first}" if public else ""),
        f"write {first}, which covers itself and all below",
        "GOPROXY=off go list -m -versions " + first,
        "parent-prefix-leak",
        *_place(setup, name),
    )


def uncovered(setup: Setup) -> Iterator[Problem]:
    """Modules of the project that a pattern was meant for and does not cover."""
    for name in ("GOPRIVATE", *OF_GOPRIVATE):
        if not setup.explicit(name):
            continue
        value = setup.value(name)
        if name == "GOPRIVATE" and all(map(setup.explicit, OF_GOPRIVATE)):
            continue  # it is the default of the other two, and counts for nothing
        for module in setup.wanted:
            meant = next((p for p in value.split(",") if p and _meant(p, module)), None)
            if meant is None or matches(value, module) or not fetches(setup):
                continue
            if name == "GONOSUMDB" and not asks_database(setup, module):
                continue
            yield Problem(
                "pattern-misses-module",
                "warning",
                f"{name} of {setup.setting(name).source}: {meant} does not cover {module}",
                "a pattern is compared part by part from the beginning of the path, and needs as "
                "many parts as it has; a host covers no host below it",
                f"add {module.split('/')[0]}",
                f"GOPROXY=off go list -m -versions {module}",
                "private-leak",
                *_place(setup, name),
            )


def _meant(pattern: str, module: str) -> bool:
    """Tell whether a pattern looks as if it was to cover a module."""
    if matches_nothing(pattern):
        return False
    parts = pattern.removesuffix("/").split("/")
    while len(parts) > 1 and set(parts[-1]) == {"*"}:
        parts.pop()
    stem = "/".join(parts)
    if _covers_strangers(parts[0]):
        return False
    if matches(stem, module):
        return True
    host = module.partition("/")[0]
    return len(parts) == 1 and not _GLOB.search(stem) and host.endswith(f".{stem}")


def _place(setup: Setup, name: str) -> tuple[int, str]:
    line = setup.setting(name).line
    return (line, "GOENV" if line else "")
