"""Keeps names of modules from hosts to which go's own settings do not send them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from lab.diagnostics.interface import Subject
from lab.diagnostics.lints.hosts import is_public
from lab.diagnostics.signed import record_problems
from lab.diagnostics.sumdb import DEFAULT, database, lookup, way
from lab.diagnostics.versions import in_use
from lab.diagnostics.view import GoView
from lab.go.settings import host_of
from lab.sandbox.interface import Answer
from lab.world.modpath import escape

REFUSED = "golab does not send this module's name there: go's settings would not"
_OK = 200


class Discretion:
    """Says which requests may be made.

    A name may go where go would send it, to where those hosts redirect it, and to public proxies
    once it is no secret: one of the user's own has served the module, or the public checksum
    database, asked as go asks it, has it on record.

    Args:
        view: go's settings.
        modules: those whose names are kept, with a version of each where one is known.
    """

    def __init__(self, view: GoView, modules: Iterable[Subject]) -> None:
        self._view = view
        self._subjects = {one.module: one for one in modules}
        self._modules = {escape(name): name for name in sorted(self._subjects, key=len)}
        self._redirected: set[str] = set()
        self._public: set[str] = set()

    def allows(self, url: str) -> bool:
        """Tell whether a URL may be asked for."""
        host = host_of(url)
        return all(
            host in self._redirected
            or host in self._hosts(module)
            or module in self._public
            or (is_public(host) and self._on_record(module))
            for module in self._named(url)
        )

    def learn(self, url: str, answer: Answer) -> None:
        """Take note of what was answered."""
        if target := host_of(answer.headers.get("location", "")):
            self._redirected.add(target)
        if answer.status == _OK and is_public(host_of(url)):
            self._public |= {name for name in self._named(url) if not self._view.is_private(name)}

    def _on_record(self, module: str) -> bool:
        view = self._view
        if view.is_private(module) or view.unverified(module):
            return False
        known, at = database(view.env["GOSUMDB"]), way(view)
        version = in_use(view, self._subjects[module])
        if not (known and known.name == DEFAULT and at and at.base and version):
            return False
        reply = lookup(view, at, module, version)
        if not reply.ok or record_problems(reply.text, module, version, known.key):
            return False
        self._public.add(module)
        return True

    def _named(self, url: str) -> list[str]:
        path = unquote(urlsplit(url).path)
        return [
            module
            for escaped, module in self._modules.items()
            if f"/{escaped}/@" in path or f"/{escaped}@" in path
        ]

    def _hosts(self, module: str) -> set[str]:
        """Return the hosts to which go may send the name of a module."""
        view = self._view
        if view.from_its_host(module):
            found = {module.partition("/")[0]}
        else:
            found = {entry.host for entry in view.proxies(module)}
            if any(entry.kind == "direct" for entry in view.entries):
                found.add(module.partition("/")[0])
        if not view.unverified(module) and (known := database(view.env["GOSUMDB"])):
            found |= {known.name, host_of(known.url)}
        return found
