"""Who would be told the name of a private module: worked out, never tried."""

from __future__ import annotations

from collections.abc import Iterator

from lab.diagnostics.lints.hosts import is_inside, is_public
from lab.diagnostics.lints.model import Problem, Setup
from lab.diagnostics.lints.patterns import matches_nothing
from lab.diagnostics.lints.routes import asks_database, fetches, proxies_for
from lab.go.credentials import parse_netrc
from lab.go.settings import host_of, matches
from lab.plural import counted

_LISTS = ("GOPRIVATE", "GONOSUMDB", "GONOPROXY")
_FORGES = ("github.com", "gitlab.com", "bitbucket.org", "gitee.com", "codeberg.org")


def private_by(setup: Setup, module: str, logins: set[str]) -> str:
    """Say what declares a module private: a variable that names it; '' if none does.

    An exception from checksums alone is no such word, unless there is a login for the host.
    """
    host = module.partition("/")[0]
    for name in _LISTS if host in logins else _LISTS[:1]:
        if matches(setup.value(name), module) and not matches(setup.value(name), "any.example"):
            return name
    return ""


def told(setup: Setup) -> Iterator[Problem]:
    """Private modules whose names go would tell to somebody who is not to know them."""
    if not fetches(setup):
        return
    yield from _to_proxies(setup)
    yield from _to_database(setup)


def _to_proxies(setup: Setup) -> Iterator[Problem]:
    logins = set(parse_netrc(setup.netrc or ""))
    for module in _subjects(setup, "GOPRIVATE"):
        proxies = proxies_for(setup, module)
        host = module.partition("/")[0]
        declared = private_by(setup, module, logins)
        if not proxies or not (declared or is_inside(host)):
            continue
        hosts = [host_of(url) for url in proxies]
        strangers = _before_own(hosts, logins, proxies)
        known = bool(set(hosts) & logins) or any("@" in url for url in proxies)
        if host in logins and not strangers and not known:
            # A login for the module's host and none for the proxies: it was to come from the host.
            strangers = [
                one for one in hosts if not is_inside(one) and _domain(one) != _domain(host)
            ]
        if strangers:
            yield Problem(
                "private-name-told",
                "warning" if declared else "note",
                f"{module} is private by {declared or f'its host {host}'}, and "
                f"{', '.join(strangers)} is asked for it",
                "the name is told to strangers; who registers it there is asked before its own "
                "host, and go takes what they serve",
                "unset GONOPROXY"
                if matches(setup.value("GOPRIVATE"), module)
                else f"add {host} to GOPRIVATE, and let GONOPROXY be unset",
                "go env GOPROXY GOPRIVATE GONOPROXY",
                "dependency-confusion",
            )


def _domain(host: str) -> str:
    """Return the last two parts of a name, which as a rule are one owner's."""
    return ".".join(host.split(".")[-2:])


def _subjects(setup: Setup, name: str) -> list[str]:
    """Return the project's modules, and for each plain pattern without any what it stands for."""
    listed = setup.value(name).split(",")
    patterns = [p.strip("/") for p in listed if p and "*" not in p and not matches_nothing(p)]
    missing = [p for p in patterns if not any(matches(p, module) for module in setup.wanted)]
    return list(dict.fromkeys([*setup.wanted, *(f"{pattern}/…" for pattern in missing)]))


def _before_own(hosts: list[str], logins: set[str], urls: list[str]) -> list[str]:
    """Return the public proxies that are asked before, or without, one of somebody's own."""
    found = []
    for host, url in zip(hosts, urls, strict=True):
        if host in logins or "@" in url or is_inside(host):
            break
        if is_public(host):
            found.append(host)
    return found


def _to_database(setup: Setup) -> Iterator[Problem]:
    logins = set(parse_netrc(setup.netrc or ""))
    asked = []
    for module in _subjects(setup, "GONOPROXY"):
        host = module.partition("/")[0]
        own = is_inside(host) or (host in logins and host not in _FORGES)
        known = f"\n{module} " in f"\n{setup.go_sum}"
        direct = matches(setup.value("GONOPROXY"), module)
        if own and direct and not known and asks_database(setup, module):
            asked.append(module)
    if asked:
        more = f" and {counted(len(asked) - 1, 'other')}" if len(asked) > 1 else ""
        yield Problem(
            "private-name-told-to-database",
            "warning",
            f"{asked[0]}{more}: fetched as private, and looked up in the checksum database",
            "the database is told the name, does not know it, and go refuses the module",
            "name the host in GOPRIVATE, which is the default of GONOPROXY and GONOSUMDB",
            "go env GOSUMDB GONOPROXY GONOSUMDB",
            "gonoproxy",
        )
