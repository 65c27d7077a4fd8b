"""DNS queries on their way past the rules."""

from __future__ import annotations

from mitmproxy import dns, exceptions
from mitmproxy.net.dns import response_codes

from faults.engine.dispatch import Dispatcher
from faults.model.base import Stage
from faults.traffic import facts
from faults.traffic.queries import is_silenced

_RECORD = "faults.record"


class Queries:
    """Hooks for DNS."""

    name = "faults-dns"

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.dispatcher = dispatcher

    async def dns_request(self, flow: dns.DNSFlow) -> None:
        """Answer, delay or drop a query (mitmproxy hook)."""
        known = facts.of_query(flow)
        record = self.dispatcher.ledger.open(
            "dns", client=known["client"], qname=known["query"], qtype=known["query-type"]
        )
        record["rcode"] = None
        flow.metadata[_RECORD] = record
        for decision in self.dispatcher.decisions(Stage.QUERY, known):
            answered = flow.response
            act = decision.action.hook("on_query")
            assert act
            if not await self.dispatcher.act(decision, record, act(decision, flow)):
                flow.response = flow.request.fail(response_codes.SERVFAIL)
            if flow.response is not answered:
                return

    def dns_response(self, flow: dns.DNSFlow) -> None:
        """Record the answer, or keep it back for good (mitmproxy hook)."""
        record = flow.metadata.get(_RECORD)
        if is_silenced(flow):
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
