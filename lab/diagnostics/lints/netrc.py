"""The .netrc: what go reads of it (cmd/go/internal/auth), and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from lab.diagnostics.lints.model import Problem, Setup
from lab.diagnostics.lints.routes import ends, parts
from lab.go.credentials import login_for, netrc_entries, parse_netrc
from lab.results.findings import Severity


def entries(setup: Setup) -> Iterator[Problem]:
    """Entries that go does not use, or uses for nothing."""
    text = setup.netrc
    if text is None:
        return
    needed = {address for _, address in _wanted(setup)}
    for entry in netrc_entries(text):
        asked = entry.machine in needed
        if "://" in entry.machine:
            yield _problem(
                "netrc-address",
                "note" if entry.machine.startswith("https://") else "warning",
                f"machine {entry.machine.partition('://')[2].rpartition('@')[2]} is an address",
                "go before 1.24, curl and git compare it with the host of the URL: it never fits",
                "write the host alone, with the port if the URL has one",
                entry.line,
            )
        elif not entry.complete:
            yield _problem(
                "netrc-incomplete",
                "warning" if asked else "note",
                f"machine {entry.machine} has no login or no password",
                "go leaves such an entry out, and asks without credentials",
                "give both, on the same entry",
                entry.line,
            )


def unused(setup: Setup) -> Iterator[Problem]:
    """Logins that are there for a proxy, and that go does not send."""
    known = {entry.machine: entry for entry in netrc_entries(setup.netrc or "") if entry.complete}
    sent = parse_netrc(setup.netrc or "")
    auth = [word.split()[0] for word in setup.value("GOAUTH").split(";") if word.strip()]
    for url, address in _wanted(setup):
        host = address.partition(":")[0]
        if login_for(url, sent):
            if auth and "netrc" not in auth:
                yield _problem(
                    "netrc-not-asked",
                    "warning",
                    f"GOAUTH of {setup.setting('GOAUTH').source} does not name netrc",
                    f"the login for {address} in .netrc is not sent",
                    "put netrc into GOAUTH, or remove the entry",
                    known[address].line if address in known else 0,
                )
        elif address in known:
            yield _problem(
                "netrc-plain-http",
                "warning",
                f"there is a login for {address}, which GOPROXY asks over plain http",
                "go sends credentials over https alone: the proxy sees an anonymous caller",
                f"ask it over https: GOPROXY=https://{address}",
                known[address].line,
            )
        elif other := next((one for one in known if one.partition(":")[0] == host), ""):
            yield _problem(
                "netrc-port",
                "warning",
                f"GOPROXY asks {address}, and .netrc has {other}",
                "go compares both with the port; the login is not sent, and the proxy says 401",
                f"machine {address} login … password …",
                known[other].line,
                "netrc-port",
            )


def programs(setup: Setup) -> Iterator[Problem]:
    """Programs that go asks for a login (cmd/go/internal/auth): golab runs none of them."""
    setting = setup.setting("GOAUTH")
    found = [way.split()[0] for way in setting.value.split(";") if way.strip()]
    if named := [name for name in found if name not in ("netrc", "off")]:
        yield Problem(
            "goauth-program",
            "note",
            f"GOAUTH of {setting.source}: go asks {', '.join(named)} for a login",
            "golab runs no such program: what a server gives for its login alone was looked at by "
            "go itself, in cold-download, and by no other probe",
            "nothing, if that is meant; a login in .netrc would be sent by golab, too",
            "go env GOAUTH",
            "",
            setting.line,
            "GOENV" if setting.line else "",
        )


def _wanted(setup: Setup) -> Iterator[tuple[str, str]]:
    """The proxies of GOPROXY without credentials of their own: URL, and host with its port."""
    for entry in parts(setup.value("GOPROXY")):
        if entry in ends:
            return
        url = entry if "://" in entry else f"https://{entry}"
        try:
            address = urlsplit(url)
        except ValueError:
            continue
        if address.scheme in ("http", "https") and "@" not in address.netloc:
            yield url, address.netloc


def _problem(
    rule: str, severity: Severity, seen: str, why: str, remedy: str, line: int, scenario: str = ""
) -> Problem:
    command = 'grep -no "machine  *[^ ]*" "${NETRC:-$HOME/.netrc}"'
    return Problem(rule, severity, seen, why, remedy, command, scenario, line, ".netrc")
