"""The way to the checksum database that go takes, and what it is told there (modfetch/sumdb.go)."""

from __future__ import annotations

from dataclasses import dataclass

from lab.diagnostics.reply import Reply
from lab.diagnostics.view import LITERAL, GoView, Walk, below
from lab.world.modpath import escape

DEFAULT = "sum.golang.org"
"""The name of the database that all public proxies serve."""

_ALIASES = {"sum.golang.google.cn": "sum.golang.org https://sum.golang.google.cn"}
_KNOWN = {"sum.golang.org": "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"}


@dataclass(frozen=True)
class Database:
    """The database that GOSUMDB names: its name, the key that signs for it, and an address.

    `url` is '' where go has to find the way itself.
    """

    name: str
    key: str
    url: str = ""


@dataclass(frozen=True)
class Way:
    """How go gets at the database: `base` is where it asks, '' if there is no way.

    `walk` is what the proxies said of whether they serve it; None if none was asked.
    """

    base: str
    walk: Walk | None = None


def database(gosumdb: str) -> Database | None:
    """Return the database that a value of GOSUMDB names; None if it is off, or no such value."""
    words = _ALIASES.get(gosumdb, gosumdb).split()
    if gosumdb == "off" or not 1 <= len(words) <= 2:
        return None
    key = _KNOWN.get(words[0], words[0])
    name, plus, rest = key.partition("+")
    if not name or not plus or "+" not in rest:
        return None
    return Database(name, key, words[1] if len(words) > 1 else "")


def way(view: GoView) -> Way | None:
    """Find the way to the database; None if GOSUMDB names none.

    Whether a proxy serves it is asked as go asks; a proxy that does is the only way then.
    """
    known = database(view.env["GOSUMDB"])
    if known is None:
        return None
    if known.url:
        return Way(known.url)
    walk = view.walk(f"sumdb/{known.name}/supported")
    if walk.served:
        return Way(below(walk.served[0].text, f"sumdb/{known.name}"), walk)
    last = walk.reply
    if last is None or last.not_there or walk.ends:
        return Way(f"https://{known.name}", walk)
    return Way("", walk)


def passed_on(proxy: str, name: str) -> Way:
    """Return the way to a database through a proxy of which it is known that it serves it."""
    return Way(below(proxy, f"sumdb/{name}"))


def lookup(view: GoView, at: Way, module: str, version: str, *, fresh: bool = False) -> Reply:
    """Ask the database for the hashes of one version."""
    path = f"lookup/{escape(module)}@{escape(version)}"
    return view.get(below(at.base, path, LITERAL), fresh=fresh)


def hashes(text: str, module: str, version: str) -> dict[str, str]:
    """Return version (or `version/go.mod`) -> hash from the lines of a lookup or a go.sum."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) == 3 and words[0] == module and words[1].partition("/")[0] == version:
            found[words[1]] = words[2]
    return found
