"""Finds what cannot be meant in a scenario of the right form, such as names that lead nowhere."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from faults.lint import lint
from faults.model.globs import glob_free
from faults.nearest import nearest
from faults.rules import Rule, repeated
from faults.source import Loc, Problem, Source
from lab.go.settings import proxies
from lab.scenario.commands import Replay, ReplayStep
from lab.scenario.model import Scenario
from lab.scenario.record import Record
from lab.spec import asked
from lab.spec.client import ClientSpec
from lab.spec.expectations import Expected
from lab.world.load import base_world
from lab.world.model import World
from lab.world.repos import place


def problems(source: Source, scenario: Scenario) -> Iterator[Problem]:
    """Yield what cannot be meant in a scenario that was read from `source`, at its place."""
    whole = base_world().merged(scenario.world)
    checker = _Checker(source, whole, _hosts(whole), _paths(whole, source.data))
    yield from checker.rules(scenario.faults, ("faults",))
    yield from checker.record(scenario.diagnostics, ("diagnostics",))
    for key, client in {
        ("client",): scenario.client,
        ("break", "client"): scenario.break_.client,
        ("repair", "client"): scenario.repair.client,
    }.items():
        yield from checker.logins(client, key)
        if key[0] != "break":  # there a proxy that does not exist may be the point
            yield from checker.proxies(client, key)
    named = (
        (("replay", *at, *key), name)
        for at, expected in _expected(scenario.replay)
        for key, name in asked.names(expected.asked, expected.connections)
    )
    for at, name in islice(named, _MANY):
        if not checker.may_be_asked(name):
            there = nearest(name, checker.hosts)
            message = f"nobody here is called {name!r}{there}, so it would never be asked"
            yield source.problem(at, message)
    for key, origin in {
        ("origin",): scenario.origin,
        ("break", "origin"): scenario.break_.origin,
        ("repair", "origin"): scenario.repair.origin,
    }.items():
        for at, message in origin.senseless(whole, checker.hosts):
            yield source.problem((*key, *at), message)


def _hosts(world: World) -> set[str]:
    """Return every name that the origin of a world answers for."""
    urls = [place(path, module, world.modules).url for path, module in world.modules.items()]
    names = {urlsplit(url).hostname or "" for url in urls}
    return names | {*world.hosts} | {path.partition("/")[0] for path in world.modules}


_ELEMENT = "[A-Za-z0-9._~-]"
# From the beginning of a word and without ways back, so that a long word is read once.
_PATH = re.compile(rf"(?<!{_ELEMENT}){_ELEMENT}++(?:/{_ELEMENT}++)+")


_MANY = 1000
"""With so many names, patterns are not compared with each."""
_LONGEST_PATH = 200


def _paths(world: World, data: Any) -> set[str]:
    """Return every path that a client might ask for as a module: it need not be one.

    Those are the modules and repositories of the world, whatever else the file mentions outside
    its rules, and all that stands above any of these, which go asks for, too.
    """
    found = {*world.modules, *world.twins, "golang.org/toolchain"}
    found |= {
        place(path, module, world.modules).url.removeprefix("https://")
        for path, module in world.modules.items()
    }
    mentioned = (path[0] for text in _texts(data) for path in _PATH.finditer(text))
    found |= set(islice((path for path in mentioned if len(path) <= _LONGEST_PATH), _MANY))
    parts = [path.split("/") for path in found]
    return {"/".join(part[:size]) for part in parts for size in range(1, len(part) + 1)}


def _expected(replay: Replay) -> Iterator[tuple[Loc, Expected]]:
    """Yield what is expected of each command and in each arm, and where that stands."""
    arms = ("healthy", "broken", "repaired")
    yield from (((arm,), found) for arm in arms if (found := getattr(replay, arm)))
    for index, step in enumerate(replay.run if isinstance(replay.run, list) else ()):
        if isinstance(step, ReplayStep):
            yield ("run", index), step
            for arm in arms:
                if found := getattr(step, arm):
                    yield ("run", index, arm), found


def _texts(data: Any) -> Iterator[str]:
    """Yield every text in the data of a scenario file but of its rules and of who is asked."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield key
            yield from _texts(value) if key not in ("faults", "asked", "connections") else ()
    elif isinstance(data, list):
        for item in data:
            yield from _texts(item)


@dataclass(frozen=True)
class _Checker:
    """What is needed to check the parts of one scenario."""

    source: Source
    world: World
    hosts: set[str]
    paths: set[str]

    def may_be_asked(self, name: str) -> bool:
        """Say whether a host that is meant by this glob is of the world, or named in the file."""
        if any(fnmatch.fnmatchcase(host, name) for host in self.hosts):
            return True
        return any(name in text.lower() for text in _texts(self.source.data))

    def rules(self, rules: Sequence[Rule], at: Loc) -> Iterator[Problem]:
        """Find rules that can never fire: of themselves, or for want of such a name."""
        for index, message in repeated(rules):
            yield self.source.problem((*at, index, "name"), message)
        places = {rule.name: (*at, index) for index, rule in enumerate(rules)}
        for name, reason in lint(rules):
            yield self.source.problem(places[name], f"this rule can never fire: {reason}")
        for index, rule in enumerate(rules):
            for key in ("host", "sni", "query"):
                wanted = getattr(rule.where, key) or ()
                for pattern in _unmatched(wanted, self.hosts):
                    message = f"no host of this world is {pattern!r}{nearest(pattern, self.hosts)}"
                    yield self.source.problem((*at, index, "where", key), message)
            for pattern in _unmatched(rule.where.module or (), self.paths):
                near = nearest(pattern, self.world.modules)
                message = f"no module of this world, nor of this file, is {pattern!r}{near}"
                yield self.source.problem((*at, index, "where", "module"), message)

    def record(self, record: Record, at: Loc) -> Iterator[Problem]:
        subject = (*at, "subject")
        module, version = record.subject.module, record.subject.version
        if module not in self.world.modules:
            message = f"no module {module!r} in this world{nearest(module, self.world.modules)}"
            yield self.source.problem((*subject, "module"), message)
        elif version not in (there := self.world.modules[module].versions) and there:
            message = f"{module} has no version {version!r} in this world{nearest(version, there)}"
            yield self.source.problem((*subject, "version"), message)

    def logins(self, client: ClientSpec, at: Loc) -> Iterator[Problem]:
        credentials = self.world.credentials
        for host, name in client.logins.items():
            if host.partition(":")[0] not in self.hosts:
                message = f"no host of this world is {host!r}{nearest(host, self.hosts)}"
                yield self.source.problem((*at, "netrc", host), message, key=True)
            if name not in credentials:
                message = f"unknown credential {name!r}{nearest(name, credentials)}"
                yield self.source.problem((*at, "netrc", host), message)

    def proxies(self, client: ClientSpec, at: Loc) -> Iterator[Problem]:
        for host in _proxy_hosts(client.variables.get("GOPROXY", "")):
            if host not in self.hosts:
                message = f"GOPROXY: no host of this world is {host!r}{nearest(host, self.hosts)}"
                yield self.source.problem((*at, "env", "GOPROXY"), message)


def _unmatched(patterns: Iterable[str], names: set[str]) -> list[str]:
    """Return the patterns that match none of the names; with too many names, the plain ones."""
    return [
        pattern
        for pattern in patterns
        if pattern not in names
        and (glob_free(pattern) or (len(names) <= _MANY and not fnmatch.filter(names, pattern)))
    ]


_URL = re.compile(r"https?://(?:[^@/]*@)?(?P<host>[A-Za-z0-9.-]+)(?::[0-9]+)?(?:/.*)?")


def _proxy_hosts(value: str) -> Iterator[str]:
    """Yield the names in a GOPROXY; an address and the client's own machine are none."""
    for entry in proxies({"GOPROXY": value}) if value else ():
        found = _URL.fullmatch(entry)
        if found and found["host"] != "localhost" and not re.fullmatch(r"[0-9.]+", found["host"]):
            yield found["host"].lower()
