"""Finds a resolver that lies, fails or stays silent, whichever of several it is."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.servers import servers
from lab.diagnostics.view import GoView

QUESTION = "Does every resolver of this machine know the hosts that go asks?"
REMEDY = "Take the resolver that fails out of resolv.conf, or mend it: go asks them in order."


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Ask every resolver; go and libc ask the second only when the first has kept them waiting."""
    found = servers(view, subject.module)
    if not found:
        return no_question(view.not_asked(subject.module) or "go asks no host by its name")
    wrong: list[str] = []
    fine: list[str] = []
    for host in dict.fromkeys(server.host for server in found):
        answers = view.machine.resolve(host, min(limit, 2.0))
        if not answers:
            wrong.append("no resolver is set up")
        for resolver, answer in answers.items():
            good = answer[:1].isdigit() or ":" in answer.partition(" ")[0]
            (fine if good else wrong).append(f"{host}: {resolver}: {answer}")
    return judged(wrong, "; ".join(fine), f"nslookup {found[0].host}")
