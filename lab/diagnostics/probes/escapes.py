"""Finds a proxy that does not decode what go encodes: capitals (`%21`) and plus signs."""

from __future__ import annotations

from urllib.parse import quote

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.view import LITERAL, GoView, below
from lab.world.modpath import escape

QUESTION = "Does each proxy know a path with capitals, as go writes it in a URL?"
REMEDY = (
    "Have the proxy, or what stands in front of it, decode %21 in paths before it looks them up."
)

KNOWN = "github.com/BurntSushi/toml"
"""A module that is as public as any, and has capitals in its path."""


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Ask for one path twice: encoded as go does, and with the `!` as it is."""
    module = subject.module if escape(subject.module) != subject.module else KNOWN
    proxies = [entry for entry in view.proxies(module) if entry.kind == "http"]
    if not proxies or not view.proxies(subject.module):
        return no_question(view.not_asked(subject.module) or "no proxy on a network is asked")
    wrong: list[str] = []
    fine: list[str] = []
    for entry in proxies:
        path = f"{escape(module)}/@v/list"
        encoded = view.get(below(entry.text, path))
        if encoded.ok or encoded.error:
            fine.append(f"{entry.shown}: {encoded.said}")
            continue
        literal = view.get(below(entry.text, path, LITERAL))
        said = f"{entry.shown}: {module}: {encoded.said} with {quote('!')}"
        (wrong if literal.ok else fine).append(f"{said}, {literal.said} with !")
    see = f"curl -i {below(proxies[0].shown, f'{escape(module)}/@v/list')}"
    return judged(wrong, "; ".join(fine), see)
