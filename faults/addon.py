"""The mitmproxy addon: hands every query, handshake and exchange to the rules and to the ledger."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Iterator, Sequence
from typing import Any

from mitmproxy import connection, ctx, dns, exceptions, http, tls
from mitmproxy.net.dns import response_codes

from faults import delivery, rules, wire, yamlsource
from faults.choose import Armed, Facts, indexes
from faults.exchange import Detail, Exchange, Handler, Turn, client_facts, request_facts
from faults.layers import dns as dns_layer
from faults.layers import http as http_layer
from faults.layers import module as module_layer
from faults.layers import stream as stream_layer
from faults.layers import tls as tls_layer
from faults.ledger import Ledger, Record
from faults.rules import Rule, unique
from faults.vocabulary.base import Action, Stage
from faults.waits import Waits

logger = logging.getLogger(__name__)

REQUEST: dict[type[Action], Handler] = {**stream_layer.REQUEST, **http_layer.REQUEST}
RESPONSE: dict[type[Action], Handler] = {**http_layer.RESPONSE, **module_layer.RESPONSE}
DELIVERY: dict[type[Action], Handler] = {**stream_layer.DELIVERY}
_EXCHANGE = "faults.exchange"


class Faults:
    """Fault rules for mitmproxy.

    Args:
        rules: in the order in which they are tried.
        seed: fixes every `chance` and every drawn place.

    In a proxy of your own, add it after mitmproxy's addons and before your routing; with mitmdump,
    `-s "$(golab faults path)" --set golab_rules=rules.yaml`. All methods belong to the event loop.
    """

    name = "faults"

    def __init__(self, rules: Sequence[Rule] = (), seed: int = 0) -> None:
        self.ledger = Ledger()
        self._waits = Waits()
        self._handshakes: dict[str, Record] = {}
        self._armed: tuple[Armed, ...] = ()
        self.arm(rules, seed)

    def arm(self, rules: Sequence[Rule], seed: int) -> None:
        """Replace all rules at once; release what hangs; forget counters; count `t` from now."""
        unique(rules)
        self._armed = tuple(Armed(rule, seed) for rule in rules)
        self._index = indexes(self._armed)
        self.ledger.restart()
        self._waits.release()

    def fired(self) -> dict[str, int]:
        """Return how often each rule acted since it was armed."""
        return {one.rule.name: one.hits for one in self._armed}

    # mitmproxy's life cycle

    def load(self, loader: Any) -> None:
        """Declare the options (mitmproxy hook)."""
        loader.add_option("golab_rules", str, "", "File of golab fault rules.")
        loader.add_option("golab_seed", int, 0, "Seed of golab's fault rules.")

    def configure(self, updated: set[str]) -> None:
        """Read the rule file when its option changes (mitmproxy hook)."""
        if "golab_rules" in updated and ctx.options.golab_rules:
            try:
                self.arm(rules.load(ctx.options.golab_rules), ctx.options.golab_seed)
            except yamlsource.SourceError as error:
                raise exceptions.OptionsError(str(error)) from None

    def done(self) -> None:
        """Let go of everything (mitmproxy hook)."""
        self._waits.release()

    # choosing and acting

    def _turns(self, stage: Stage, facts: Facts) -> Iterator[Turn]:
        """Yield what the rules of a stage do to this traffic."""
        for armed in self._index[stage].matching(facts):
            if armed.on and self._in_time(armed) and (match := armed.decide()):
                for word, action in armed.actions:
                    yield Turn(armed, match, word, action, self._waits)

    def _in_time(self, armed: Armed) -> bool:
        until = armed.rule.where.until
        return not isinstance(until, float) or self.ledger.age() < until

    async def _act(self, turn: Turn, record: Record, doing: Awaitable[Detail]) -> bool:
        """Carry out a turn and write down what it did; False if it raised."""
        entry = {"rule": turn.rule, "do": turn.word}
        record["fired"].append(entry)
        turn.armed.hits += 1
        try:
            detail = await doing
        except Exception as error:
            logger.exception("golab: rule %s raised", turn.rule)
            self.ledger.error(turn.rule, turn.word, error)
            self._undo(turn, record, entry)
            return False
        if detail is None:
            self._undo(turn, record, entry)
        else:
            entry.update(detail)
        return True

    @staticmethod
    def _undo(turn: Turn, record: Record, entry: dict[str, Any]) -> None:
        turn.armed.hits -= 1
        record["fired"].remove(entry)

    # DNS

    async def dns_request(self, flow: dns.DNSFlow) -> None:
        """Answer, delay or drop a query (mitmproxy hook)."""
        facts = {**client_facts(flow.client_conn), **dns_layer.facts(flow)}
        record = self.ledger.open(
            "dns", client=facts["client"], qname=facts["query"], qtype=facts["query-type"]
        )
        flow.metadata[_EXCHANGE] = record
        if flow.response or flow.error or not flow.live:
            return
        for turn in self._turns(Stage.QUERY, facts):
            if not await self._act(turn, record, dns_layer.answer(turn, flow)):
                flow.response = flow.request.fail(response_codes.SERVFAIL)
            if flow.response:
                return

    def dns_response(self, flow: dns.DNSFlow) -> None:
        """Record the answer, or keep it back for good (mitmproxy hook)."""
        record = flow.metadata.get(_EXCHANGE)
        if flow.metadata.pop(dns_layer.SILENT, False):
            flow.response = None
            if record:
                record["rcode"] = None
            # Addons further on expect an answer that will not be there.
            raise exceptions.AddonHalt
        if record and flow.response:
            record["rcode"] = response_codes.to_str(flow.response.response_code)
            record["answers"] = [str(answer) for answer in flow.response.answers]

    def dns_error(self, flow: dns.DNSFlow) -> None:
        """Record that mitmproxy itself could not answer (mitmproxy hook)."""
        if record := flow.metadata.get(_EXCHANGE):
            record["rcode"] = "SERVFAIL"
            record["error"] = flow.error.msg if flow.error else ""

    # connections and handshakes

    async def client_connected(self, client: connection.Client) -> None:
        """Reset or hold a connection that has just been accepted (mitmproxy hook)."""
        facts = client_facts(client)
        for turn in self._turns(Stage.CONNECT, facts):
            record = self.ledger.open("tcp", client=facts["client"], port=facts["port"])
            doing = stream_layer.accepted(turn.action, turn, client)
            if not await self._act(turn, record, doing):
                client.error = "a fault rule raised"
            if client.error:
                return

    async def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """Reset or hold a handshake (mitmproxy hook)."""
        client = data.context.client
        facts = tls_layer.facts(data)
        record = self.ledger.open(
            "tls",
            client=facts["client"],
            sni=facts["sni"],
            alpn=list(facts["alpn"]),
            outcome="started",
        )
        self._handshakes[client.id] = record
        for turn in self._turns(Stage.HELLO, facts):
            doing = tls_layer.hello(turn.action, turn, client)
            if not await self._act(turn, record, doing):
                await wire.reset(client)
                return

    def tls_established_client(self, data: tls.TlsData) -> None:
        """Record a finished handshake (mitmproxy hook)."""
        if record := self._handshakes.get(data.context.client.id):
            record["outcome"] = "established"
            record["negotiated"] = (data.context.client.alpn or b"").decode("latin-1")
            record["version"] = data.context.client.tls_version

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """Record a failed handshake (mitmproxy hook)."""
        if record := self._handshakes.get(data.context.client.id):
            record["outcome"] = "failed"
            record["error"] = data.context.client.error or ""

    def client_disconnected(self, client: connection.Client) -> None:
        """Stop waiting for a client that has left (mitmproxy hook)."""
        self._waits.release(client=client.id)
        record = self._handshakes.pop(client.id, None)
        if record and record["outcome"] == "started":
            record["outcome"] = "broken off"

    # HTTP

    def _open(self, flow: http.HTTPFlow) -> Exchange:
        facts = request_facts(flow, keeps_host=ctx.options.keep_host_header)
        record = self.ledger.open(
            "http",
            client=facts["client"],
            method=flow.request.method,
            scheme="https" if flow.client_conn.tls else flow.request.scheme,
            host=facts["host"],
            path=flow.request.path,
            status=None,
            request_bytes=len(flow.request.raw_content or b""),
            response_bytes=None,
            endpoint=facts["endpoint"],
            module=facts["module"],
            version=facts["version"],
        )
        exchange = Exchange(flow, facts, record)
        flow.metadata[_EXCHANGE] = exchange
        return exchange

    async def http_connect(self, flow: http.HTTPFlow) -> None:
        """Answer a CONNECT in our own way (mitmproxy hook)."""
        await self.request(flow)

    def http_connected(self, flow: http.HTTPFlow) -> None:
        """Record an accepted CONNECT (mitmproxy hook)."""
        self._close(flow)

    def http_connect_error(self, flow: http.HTTPFlow) -> None:
        """Record a refused CONNECT (mitmproxy hook)."""
        self._close(flow)

    async def request(self, flow: http.HTTPFlow) -> None:
        """Do what can be done before the origin is asked (mitmproxy hook)."""
        exchange = self._open(flow)
        if flow.error or not flow.live:
            return
        for turn in self._turns(Stage.REQUEST, exchange.facts):
            if flow.request.method == "CONNECT" and not turn.armed.rule.where.method:
                continue
            await self._at_request(turn, exchange)

    async def _at_request(self, turn: Turn, exchange: Exchange) -> None:
        doing = REQUEST.get(type(turn.action))
        if doing is None or not _before_the_answer(turn.action):
            exchange.pending.append(turn)
        elif exchange.flow.response is None and exchange.flow.error is None:
            done = await self._act(turn, exchange.record, doing(turn.action, turn, exchange))
            if not done:
                exchange.flow.response = _failed(turn)

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Choose what to do to the answer (mitmproxy hook)."""
        exchange = flow.metadata.get(_EXCHANGE)
        if not isinstance(exchange, Exchange) or flow.error or not flow.response:
            return
        kind = flow.response.headers.get("content-type", "").partition(";")[0].strip().lower()
        exchange.record["origin_status"] = flow.response.status_code
        facts = {**exchange.facts, "status": flow.response.status_code, "content-type": kind}
        exchange.pending.extend(self._turns(Stage.RESPONSE, facts))
        if exchange.pending:
            flow.response.stream = False
        if any(type(turn.action) in DELIVERY for turn in exchange.pending):
            try:
                delivery.install(flow, lambda: exchange.steps)
                exchange.scripted = True
            except RuntimeError as error:
                turn = exchange.pending[0]
                self.ledger.error(turn.rule, turn.word, error)
                exchange.pending.clear()
                flow.response = _failed(turn)

    async def response(self, flow: http.HTTPFlow) -> None:
        """Change the answer, then its delivery (mitmproxy hook)."""
        exchange = flow.metadata.get(_EXCHANGE)
        if not isinstance(exchange, Exchange) or not flow.response:
            return
        changes = [turn for turn in exchange.pending if type(turn.action) in RESPONSE]
        deliveries = [turn for turn in exchange.pending if type(turn.action) in DELIVERY]
        for turn in changes:
            doing = RESPONSE[type(turn.action)](turn.action, turn, exchange)
            if not await self._act(turn, exchange.record, doing):
                flow.response = _failed(turn)
        if exchange.scripted:
            exchange.steps = delivery.steps_of(flow.response)
            for turn in deliveries:
                doing = DELIVERY[type(turn.action)](turn.action, turn, exchange)
                if not await self._act(turn, exchange.record, doing):
                    flow.response = _failed(turn)
                    exchange.steps = delivery.steps_of(flow.response)
                    break
        self._close(flow)

    async def faults_moment(self, moment: delivery.Moment) -> None:
        """Take the time that a step of a delivery takes (our own hook)."""
        match moment.step:
            case delivery.Pause(rule, limit):
                await self._waits.hold(rule, moment.client.id, limit)
            case delivery.Reset():
                await wire.reset(moment.client)

    def error(self, flow: http.HTTPFlow) -> None:
        """Record an exchange that came to no answer (mitmproxy hook)."""
        exchange = flow.metadata.get(_EXCHANGE)
        if not isinstance(exchange, Exchange):
            exchange = self._open(flow)
        exchange.record["error"] = flow.error.msg if flow.error else ""

    @staticmethod
    def _close(flow: http.HTTPFlow) -> None:
        exchange = flow.metadata.get(_EXCHANGE)
        if isinstance(exchange, Exchange) and flow.response:
            exchange.record["status"] = flow.response.status_code
            exchange.record["response_bytes"] = len(flow.response.raw_content or b"")


def _before_the_answer(action: Action) -> bool:
    """Say whether an action that could wait for the delivery belongs before the answer."""
    return getattr(action, "at", "before-headers") == "before-headers"


def _failed(turn: Turn) -> http.Response:
    return http.Response.make(
        502, f"golab: rule {turn.rule} failed; see the ledger\n", {"Content-Type": "text/plain"}
    )
