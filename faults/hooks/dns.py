"""DNS queries on their way past the rules."""

from __future__ import annotations

from mitmproxy import dns, exceptions
from mitmproxy.net.dns import response_codes

from faults.desk import Desk
from faults.exchange import client_facts
from faults.layers import dns as dns_layer
from faults.vocabulary.base import Stage

_RECORD = "faults.record"


class Queries:
    """Hooks for DNS."""

    name = "faults-dns"

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def dns_request(self, flow: dns.DNSFlow) -> None:
        """Answer, delay or drop a query (mitmproxy hook)."""
        facts = {**client_facts(flow.client_conn), **dns_layer.facts(flow)}
        record = self.desk.ledger.open(
            "dns", client=facts["client"], qname=facts["query"], qtype=facts["query-type"]
        )
        record["rcode"] = None
        flow.metadata[_RECORD] = record
        for turn in self.desk.turns(Stage.QUERY, facts):
            answered = flow.response
            if not await self.desk.act(turn, record, dns_layer.answer(turn, flow)):
                flow.response = flow.request.fail(response_codes.SERVFAIL)
            if flow.response is not answered:
                return

    def dns_response(self, flow: dns.DNSFlow) -> None:
        """Record the answer, or keep it back for good (mitmproxy hook)."""
        record = flow.metadata.get(_RECORD)
        if flow.metadata.pop(dns_layer.SILENT, False):
            flow.response = None
            # Addons further on expect an answer that will not be there.
            raise exceptions.AddonHalt
        if record and flow.response:
            record["rcode"] = response_codes.to_str(flow.response.response_code)
            record["answers"] = [str(answer) for answer in flow.response.answers]

    def dns_error(self, flow: dns.DNSFlow) -> None:
        """Record that mitmproxy itself could not answer (mitmproxy hook)."""
        if record := flow.metadata.get(_RECORD):
            record["rcode"] = "SERVFAIL"
            record["error"] = flow.error.msg if flow.error else ""
