"""DNS queries that are never answered; mitmproxy itself would ask again or say SERVFAIL."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # actions can be loaded without mitmproxy
    from mitmproxy import dns

_SILENCED = "faults.silenced"


def silence(flow: dns.DNSFlow) -> None:
    """Give a query an answer that will be kept back."""
    flow.response = flow.request.succeed([])
    flow.metadata[_SILENCED] = True


def is_silenced(flow: dns.DNSFlow) -> bool:
    """Say whether the answer is to be kept back."""
    return bool(flow.metadata.get(_SILENCED))
