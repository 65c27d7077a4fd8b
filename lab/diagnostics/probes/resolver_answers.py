"""Finds a resolver that lies, fails or stays silent, whichever of several it is."""

from __future__ import annotations

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.servers import is_address, servers
from lab.diagnostics.view import GoView

QUESTION = "Does every resolver of this machine know the hosts that go asks?"
REMEDY = "Take the resolver that fails out of resolv.conf, or mend it: go asks them in order."


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Ask every resolver; go and libc ask the second only when the first has kept them waiting."""
    known = _hosts_file(view)
    hosts = dict.fromkeys(server.host for server in servers(view, subject.module))
    found = [host for host in hosts if host not in known and not is_address(host)]
    if not found:
        return no_question(view.not_asked(subject.module) or "go asks no host by its name")
    wrong: list[str] = []
    fine: list[str] = []
    for host in found:
        answers = view.machine.resolve(host, min(limit, 2.0))
        if not answers:
            wrong.append("no resolver is set up")
        for resolver, answer in answers.items():
            good = is_address(answer.partition(" ")[0])
            (fine if good else wrong).append(f"{host}: {resolver}: {answer}")
    return judged(wrong, "; ".join(fine), f"nslookup {found[0]}")


def _hosts_file(view: GoView) -> set[str]:
    """Return the names for which nobody asks a resolver."""
    text = view.machine.read(["/etc/hosts"]).found.get("/etc/hosts", b"").decode(errors="replace")
    lines = [line.partition("#")[0].split() for line in text.splitlines()]
    return {"localhost", *(name for words in lines for name in words[1:])}
