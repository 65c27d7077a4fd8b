"""Finds a proxy that hides a refusal: with credentials it says as little as it does without."""

from __future__ import annotations

from faults.goproto import semver
from lab.diagnostics.interface import Finding, Subject, judged, no_question, quiet
from lab.diagnostics.versions import info, listed
from lab.diagnostics.view import GoView, below
from lab.go.credentials import login_for
from lab.go.settings import Entry
from lab.plural import counted
from lab.world.modpath import escape

QUESTION = "Do the credentials make a difference where they should?"
REMEDY = "Renew the credentials; and have the proxy pass 401 on, for an empty list is no answer."


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Ask for the list with the credentials and without any."""
    module = subject.module
    if why := view.not_asked(module):
        return no_question(why)
    for entry in view.proxies(module):
        if entry.kind != "http":
            continue
        url = below(entry.text, f"{escape(module)}/@v/list")
        if login_for(url, view.netrc) is None:
            continue
        known, anonymous = view.get(url), view.get(url, anonymous=True)
        alike = (known.status, known.body) == (anonymous.status, anonymous.body)
        enough = _useful(known.body, subject.required) or _untagged(view, entry, subject)
        if known.ok and anonymous.ok and alike and not enough:
            size = counted(len(known.body), "byte")
            said = f"{entry.shown}: HTTP 200, the same {size}, with and without credentials"
            see = f"curl -n -i {below(entry.shown, f'{escape(module)}/@v/list')}"
            return judged([said], "", see)
        if known.not_there and anonymous.not_there and subject.required and view.is_private(module):
            said = f"{entry.shown}: {known.said} for a private module in use"
            return judged([f"{said}, with and without credentials"], "")
        return quiet(f"{known.said} with credentials, {anonymous.said} without")
    return no_question("there are no credentials for any proxy that go asks")


def _useful(body: bytes, required: str) -> bool:
    """Tell whether a list has what the project needs of it."""
    versions = listed(body)
    tagged = bool(required) and not semver.is_pseudo(required)
    return required in versions if tagged else bool(versions)


def _untagged(view: GoView, entry: Entry, subject: Subject) -> bool:
    """Tell whether a list may well be empty: what is in use, or newest, is a commit's."""
    required = subject.required
    if required and not semver.is_pseudo(required):
        return False
    file = f"@v/{required}.info" if required else "@latest"
    reply = view.get(below(entry.text, f"{escape(subject.module)}/{file}"))
    version = info(reply.body).get("Version") if reply.ok else None
    return isinstance(version, str) and semver.is_pseudo(version)
