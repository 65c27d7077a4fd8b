"""The credentials that go sends: .netrc and GOAUTH (cmd/go/internal/auth)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from lab.go.settings import login_of


@dataclass
class NetrcEntry:
    """What a .netrc has for one machine, from the line (1 is the first) where that is named."""

    machine: str
    line: int
    login: str = ""
    password: str = ""

    @property
    def complete(self) -> bool:
        """Whether it has a login and a password; go leaves out any other."""
        return bool(self.login and self.password)


def netrc_entries(text: str) -> list[NetrcEntry]:
    """Read a .netrc as go does (netrc.go, parseNetrc), and what go leaves out as incomplete, too.

    Words come in pairs, line by line: a lone word at the end of a line is dropped, but a lone
    `default` ends the file. What follows a complete entry belongs to no machine.
    """
    found: list[NetrcEntry] = []
    in_macro = False
    for number, line in enumerate(text.split("\n"), 1):
        if in_macro:
            in_macro = bool(line)
            continue
        words = line.split()
        for word, value in zip(words[::2], words[1::2], strict=False):
            if word == "machine":
                found.append(NetrcEntry(value, number))
            elif word == "macdef":
                in_macro = True
            elif word in ("login", "password") and found and not found[-1].complete:
                setattr(found[-1], word, value)
        if len(words) % 2 and words[-1] == "default":
            break
    return found


def parse_netrc(text: str) -> dict[str, str]:
    """Return machine -> `login:password`; where one stands twice, the first counts."""
    found: dict[str, str] = {}
    for entry in netrc_entries(text):
        if entry.complete:
            found.setdefault(entry.machine, f"{entry.login}:{entry.password}")
    return found


def login_for(url: str, netrc: Mapping[str, str]) -> str | None:
    """Return the `user:password` that go sends with this URL, None for none.

    What stands in .netrc is found by the longest prefix of the URL, port and all, and over https
    only; credentials in the URL itself count where there is none.
    """
    parts = urlsplit(url)
    if parts.scheme == "https":
        prefix = url.removeprefix("https://").removesuffix("/")
        while prefix:
            if login := netrc.get(prefix):
                return login
            prefix = prefix.rpartition("/")[0]
    return login_of(url)
