"""Finds a version list that cannot be right: none, no list, or without the version in use."""

from __future__ import annotations

from faults.goproto import semver
from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.reply import Reply
from lab.diagnostics.versions import MOST_LISTED, listed
from lab.diagnostics.view import GoView, Walk
from lab.plural import counted

QUESTION = "Is the version list that go gets one that can be right?"
REMEDY = "Ask the proxy's keepers what it serves at @v/list; meanwhile put another proxy first."

_BOMS = {b"\xef\xbb\xbf": "UTF-8", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Get the list as go does, and compare it with its form and with go.mod."""
    module = subject.module
    if why := view.not_asked(module):
        return no_question(why)
    walk = view.ask(module, "@v/list")
    if walk.served is None:
        if walk.steps and walk.steps[-1][0].kind == "file" and walk.steps[-1][1].not_there:
            return no_question("a directory without a list serves what is asked for by version")
        if _untagged(view, subject, walk):
            return no_question(f"what is in use is a commit, and it is there: {walk.said}")
        if walk.ends == "direct":
            return no_question(f"go goes on to {module}'s own host: {walk.said}")
        return judged([f"no version list: {walk.said}"], "", f"go list -m -versions {module}")
    entry, reply = walk.served
    versions = listed(reply.body)
    wrong = [f"{entry.shown}: {each}" for each in _malformed(reply, versions)]
    if subject.required and not semver.is_pseudo(subject.required):
        if not versions:
            wrong.append(
                f"{reply.said} without any version, and go.mod requires {subject.required}"
            )
        elif subject.required not in versions:
            found = counted(len(versions), "version")
            wrong.append(f"{found}, and {subject.required} of go.mod is not there")
    return judged(wrong, counted(len(versions), "version"), f"go list -m -versions {module}")


def _untagged(view: GoView, subject: Subject, walk: Walk) -> bool:
    """Tell whether a module may well be without a list: the project uses a commit, which is had."""
    if not semver.is_pseudo(subject.required) or not (walk.reply and walk.reply.not_there):
        return False
    return view.ask(subject.module, f"@v/{subject.required}.info").served is not None


def _malformed(reply: Reply, versions: list[str]) -> list[str]:
    """Say what of a list go would pass over in silence, or what shows that it was cut off."""
    body, wrong = reply.body, []
    if len(body) > MOST_LISTED:
        return [f"the list is longer than {MOST_LISTED >> 20} MB"]
    kind = reply.headers.get("content-type", "").lower()
    if "html" in kind or body.lstrip()[:1] == b"<":
        wrong.append("a page in the place of the list")
    encoding = reply.headers.get("content-encoding", "identity").lower()
    if encoding not in ("", "identity"):
        wrong.append(f"the list is encoded as {encoding}, which was not asked for")
    if bom := next((name for mark, name in _BOMS.items() if body.startswith(mark)), ""):
        wrong.append(f"the list begins with the byte order mark of {bom}, which hides a version")
    elif b"\0" in body:
        wrong.append("the list has null bytes")
    lines = [line.split()[0] for line in reply.text.split("\n") if line.split()]
    strange = [line for line in lines if not semver.is_valid(line.lstrip("\ufeff"))]
    if strange and not wrong:
        wrong.append(
            f"{counted(len(strange), 'line')} of the list are no version: {strange[0][:60]!r}"
        )
    if body and not body.endswith(b"\n") and versions and not wrong and reply.protocol != "file":
        framed = "content-length" in reply.headers or "transfer-encoding" in reply.headers
        if not framed:
            wrong.append("the list ends within a line, and nothing says how long it should be")
    return wrong
