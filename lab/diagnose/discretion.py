"""Keeps names of modules from hosts to which go's own settings do not send them."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from lab.diagnostics.lints.hosts import is_public
from lab.diagnostics.sumdb import database
from lab.diagnostics.view import GoView
from lab.go.settings import host_of
from lab.sandbox.interface import Answer
from lab.world.modpath import escape

REFUSED = "golab does not send this module's name there: go's settings would not"
_OK = 200


class Discretion:
    """Says which requests may be made.

    A name may go where go would send it, to where those hosts redirect it, and to others once a
    public proxy of the user's own has served the module: then the name is no secret.

    Args:
        view: go's settings.
        modules: the names that are kept.
    """

    def __init__(self, view: GoView, modules: Iterable[str]) -> None:
        self._view = view
        self._modules = {escape(module): module for module in sorted(modules, key=len)}
        self._redirected: set[str] = set()
        self._public: set[str] = set()

    def allows(self, url: str) -> bool:
        """Tell whether a URL may be asked for."""
        host = host_of(url)
        return all(
            host in self._redirected or host in self._hosts(module) or module in self._public
            for module in self._named(url)
        )

    def learn(self, url: str, answer: Answer) -> None:
        """Take note of what was answered."""
        if target := host_of(answer.headers.get("location", "")):
            self._redirected.add(target)
        if answer.status == _OK and is_public(host_of(url)):
            self._public |= {name for name in self._named(url) if not self._view.is_private(name)}

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
