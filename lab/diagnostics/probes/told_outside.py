"""Finds out who would learn the path of a private module: worked out, and never sent."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.sumdb import database
from lab.diagnostics.versions import PUBLIC, go_sum
from lab.diagnostics.view import GoView
from lab.go.settings import matches

QUESTION = "Is the path of a private module kept from those who serve everybody?"
REMEDY = "Name the module's host, or what begins its path, in GOPRIVATE; then nobody else is asked."

_FOR_EVERYBODY = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitee.com")
"""Hosts at which a login says nothing of whether a module is private."""


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """See whom go would ask about a module for whose host it has a login, or that is excepted."""
    module, env = subject.module, view.env
    host = module.partition("/")[0]
    login = host not in _FOR_EVERYBODY and any(
        each.partition("/")[0].partition(":")[0] == host for each in view.netrc
    )
    named = [
        name
        for name in ("GOPRIVATE", "GONOPROXY")  # an exception from checksums alone says nothing
        if matches(env[name], module) and not matches(env[name], "golab.invalid/m")
    ]
    if not login and not named:
        return no_question(f"nothing says that {module} is private")
    why = f"named in {', '.join(named)}" if named else f"at {host}, for which there is a login"
    told = []
    if not view.problem and not view.from_its_host(module):
        told += [each.shown for each in view.proxies(module) if each.text.rstrip("/") in PUBLIC]
    known = database(env["GOSUMDB"])
    if known and not view.unverified(module) and not go_sum(view, module, subject.required):
        told.append(f"the checksum database {known.name}")
    wrong = [f"{each} is told of {module}, which is {why}" for each in told]
    return judged(wrong, f"{module} is kept from public servers", "go env GOPRIVATE")
