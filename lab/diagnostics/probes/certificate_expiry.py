"""Finds certificates that have run out, or are about to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lab.diagnostics.interface import Finding, Subject, judged, no_question
from lab.diagnostics.servers import addresses, servers
from lab.diagnostics.view import GoView

QUESTION = "How long will the certificates of the servers that go asks be valid?"
REMEDY = "Have the certificate renewed; until then go refuses the connection."

_SOON = timedelta(days=1)


def check(view: GoView, subject: Subject, limit: float) -> Finding:
    """Read the certificate that each address shows."""
    from cryptography import x509

    wrong: list[str] = []
    fine: list[str] = []
    for server in servers(view, subject.module):
        for address in addresses(view, server.host) if server.secure else ():
            done = view.machine.handshake(address, server.host, limit, server.port)
            if not done.certificate:
                continue
            try:
                certificate = x509.load_der_x509_certificate(done.certificate)
                end = certificate.not_valid_after_utc
                issuer = certificate.issuer.rfc4514_string()
            except ValueError:
                continue
            said = f"{server.host} at {address}: until {end:%Y-%m-%d %H:%M}, issued by {issuer}"
            (wrong if end < datetime.now(UTC) + _SOON else fine).append(said)
    if not wrong and not fine:
        return no_question("no certificate was shown")
    return judged(wrong, "; ".join(fine))
