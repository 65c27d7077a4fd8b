"""The credentials that go sends: .netrc and GOAUTH (cmd/go/internal/auth)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from lab.go.settings import login_of


def parse_netrc(text: str) -> dict[str, str]:
    """Return machine -> `login:password`; where one stands twice, the first counts (netrc.go).

    Words come in pairs, line by line: a lone word at the end of a line is dropped, and a `default`
    is no machine.
    """
    found: dict[str, str] = {}
    machine = login = password = ""
    in_macro = False
    for line in text.split("\n"):
        if in_macro:
            in_macro = bool(line)
            continue
        words = line.split()
        for word, value in zip(words[::2], words[1::2], strict=False):
            match word:
                case "machine":
                    machine, login, password = value, "", ""
                case "login":
                    login = value
                case "password":
                    password = value
                case "macdef":
                    in_macro = True
            if machine and login and password:
                found.setdefault(machine, f"{login}:{password}")
                machine = login = password = ""
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
