"""GOPROXY: what go makes of the list (cmd/go/internal/modfetch/proxy.go)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import urlsplit

from lab.diagnostics.lints.hosts import is_loopback
from lab.diagnostics.lints.model import Problem, Setup
from lab.diagnostics.lints.routes import asks_database, ends, parts
from lab.go.settings import masked

_SEE = "go env GOPROXY"
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_QUOTES = "'\"“”"


def entries(setup: Setup) -> Iterator[Problem]:
    """What is no entry of the list, or another than it looks like."""
    setting = setup.setting("GOPROXY")

    def error(rule: str, seen: str, why: str, remedy: str, scenario: str = "") -> Problem:
        said = f"GOPROXY of {setting.source}: {seen}"
        return Problem(rule, "error", said, why, remedy, _SEE, scenario, *_place(setup))

    found = parts(setting.value)
    if setting.value and not found:
        yield error(
            "goproxy-empty",
            "a list without entries",
            "go refuses to fetch anything: GOPROXY list contains no entries",
            "name a proxy, or unset it for the default",
        )
    split = _split_password(found)
    if split:
        yield error(
            "goproxy-password",
            "a comma or a bar in the credentials of a URL",
            "both separate entries, in a password too: go takes the rest of it for the next proxy, "
            "and prints it",
            "write the comma as %2C and the bar as %7C, or move the login to .netrc",
        )
        return
    for entry in _asked(found):
        shown = masked(entry)
        if entry[:1] in _QUOTES or entry[-1:] in _QUOTES:
            yield error(
                "goproxy-quotes",
                f"{shown} has a quotation mark",
                "nothing takes it away: it is part of the address",
                "write the value without quotes",
            )
        elif re.search(r"[;\s]", entry):
            yield error(
                "goproxy-separator",
                f"{shown} is one entry",
                "only a comma and a bar separate entries; all of this is one address, and what was "
                "meant to follow is never asked",
                "put a comma between the entries",
            )
        elif entry.lower() in ("direct", "off", "none", "default") and entry not in ends:
            yield error(
                "goproxy-word",
                f"{shown} is no word that go knows",
                "go has `direct` and `off`, in small letters, and refuses the whole list",
                f"write {entry.lower() if entry.lower() in ends else 'off'}",
            )
        elif why := _refused(entry):
            yield error("goproxy-address", f"{shown}: {why}", "go refuses the whole list", _MEND)


_MEND = "write https://host/path, or file:///path"


def _refused(entry: str) -> str:
    """Say why go does not take an entry for an address; '' if it does."""
    if entry in ends:
        return ""
    url = entry
    if re.search(r"[.:/]", entry) and ":/" not in entry and not entry.startswith("/"):
        url = f"https://{entry}"
    try:
        address = urlsplit(url)
        _ = address.port
    except ValueError:
        return "not an address with a port"
    if not address.scheme:
        return "an address without a scheme"
    if address.scheme not in ("http", "https", "file"):
        return f"{address.scheme} is no scheme for a proxy"
    if address.scheme != "file" and not address.netloc:
        return "an address without a host"
    if _PERCENT.search(address.netloc):
        return "a percent sign without two digits behind it (write %25)"
    if address.scheme == "http" and "@" in address.netloc:
        return "credentials are not sent over plain http"
    if address.scheme == "file" and (address.netloc or not address.path):
        return "a file address needs three slashes and a path"
    return ""


def _split_password(found: list[str]) -> bool:
    """Tell whether an entry is the rest of a password that the one before it began."""
    return any(
        "://" in one and "@" not in one and "@" in other and "://" not in other.partition("@")[0]
        for one, other in pairwise(found)
    )


def _asked(found: list[str]) -> Iterator[str]:
    """The entries up to the one behind which go reads nothing."""
    for entry in found:
        yield entry
        if entry in ends:
            return


def order(setup: Setup) -> Iterator[Problem]:
    """Entries that are never reached."""
    found = parts(setup.value("GOPROXY"))
    end = next((place for place, entry in enumerate(found) if entry in ends), len(found))
    behind = [masked(entry) for entry in found[end + 1 :] if entry not in ends]
    if behind:
        yield Problem(
            "goproxy-unreached",
            "note" if end else "warning",
            f"GOPROXY: {', '.join(behind)} behind {found[end]}",
            f"go reads nothing behind {found[end]}; nobody there is ever asked",
            f"put the proxies in front of {found[end]}",
            _SEE,
            "direct-only",
            *_place(setup),
        )


def transport(setup: Setup) -> Iterator[Problem]:
    """Proxies whose answers anybody on the way can change, and passwords that anybody can read."""
    for entry in _asked(parts(setup.value("GOPROXY"))):
        try:
            address = urlsplit(entry)
            host = address.hostname or ""
        except ValueError:
            continue
        shown = masked(entry)
        if address.scheme == "http" and "@" not in address.netloc and not is_loopback(host):
            guarded = asks_database(setup)
            yield Problem(
                "goproxy-plain-http",
                "note" if guarded else "warning",
                f"GOPROXY: {shown} is plain http",
                "whoever is on the way can change lists and versions unseen, and private code is "
                "readable"
                if guarded
                else "and no checksum database is asked: whoever is on the way can change the code",
                "use https, or keep the checksum database on",
                _SEE,
                "goproxy-http-slash",
                *_place(setup),
            )
        if "@" in address.netloc and address.scheme == "https":
            yield Problem(
                "goproxy-credentials",
                "note",
                f"GOPROXY: {shown} has credentials in it",
                "`go env`, logs of CI and the environment of every child process show them",
                f"move them to .netrc: machine {host} login … password …",
                "go env GOPROXY",
                "",
                *_place(setup),
            )


def _place(setup: Setup) -> tuple[int, str]:
    line = setup.setting("GOPROXY").line
    return (line, "GOENV" if line else "")
