"""HTTP exchanges on their way past the rules."""

from __future__ import annotations

from mitmproxy import ctx, http

from faults import delivery, wire
from faults.connections import Connections
from faults.desk import Desk
from faults.exchange import Exchange, Handler, Turn, request_facts
from faults.layers import framing as framing_layer
from faults.layers import http as http_layer
from faults.layers import module as module_layer
from faults.layers import stream as stream_layer
from faults.layers import sumdb as sumdb_layer
from faults.vocabulary.base import Action, Stage

REQUEST: dict[type[Action], Handler] = {
    **stream_layer.REQUEST,
    **http_layer.REQUEST,
    **module_layer.REQUEST,
}
RESPONSE: dict[type[Action], Handler] = {
    **http_layer.RESPONSE,
    **module_layer.RESPONSE,
    **sumdb_layer.RESPONSE,
}
DELIVERY: dict[type[Action], Handler] = {**stream_layer.DELIVERY, **framing_layer.DELIVERY}
_EXCHANGE = "faults.exchange"


class Exchanges:
    """Hooks for HTTP."""

    name = "faults-http"

    def __init__(self, desk: Desk, connections: Connections) -> None:
        self.desk = desk
        self.connections = connections

    def _open(self, flow: http.HTTPFlow) -> Exchange:
        facts = request_facts(flow, keeps_host=ctx.options.keep_host_header)
        record = self.desk.ledger.open(
            "http",
            client=facts["client"],
            method=flow.request.method,
            scheme="https" if flow.client_conn.tls else flow.request.scheme,
            host=facts["host"],
            path=flow.request.path,
            status=None,
            origin_status=None,
            request_bytes=len(flow.request.raw_content or b""),
            response_bytes=None,
            endpoint=facts["endpoint"],
            module=facts["module"],
            version=facts["version"],
        )
        exchange = Exchange(flow, facts, record)
        flow.metadata[_EXCHANGE] = exchange
        self.connections.begin(flow.client_conn)
        return exchange

    def _close(self, flow: http.HTTPFlow) -> None:
        exchange = flow.metadata.get(_EXCHANGE)
        if not isinstance(exchange, Exchange) or exchange.closed:
            return
        exchange.closed = True
        if flow.error:
            exchange.record["error"] = flow.error.msg
        elif flow.response:
            exchange.record["status"] = flow.response.status_code
            exchange.record["response_bytes"] = len(flow.response.raw_content or b"")
        self.connections.end(flow.client_conn)

    async def http_connect(self, flow: http.HTTPFlow) -> None:
        """Answer a CONNECT in our own way (mitmproxy hook)."""
        await self._ask(flow, Stage.TUNNEL)

    def http_connected(self, flow: http.HTTPFlow) -> None:
        """Record an accepted CONNECT (mitmproxy hook)."""
        self._close(flow)

    def http_connect_error(self, flow: http.HTTPFlow) -> None:
        """Record a refused CONNECT (mitmproxy hook)."""
        self._close(flow)

    async def request(self, flow: http.HTTPFlow) -> None:
        """Do what can be done before the origin is asked (mitmproxy hook)."""
        await self._ask(flow, Stage.REQUEST)

    async def _ask(self, flow: http.HTTPFlow, stage: Stage) -> None:
        try:
            exchange = self._open(flow)
        except Exception as error:  # noqa: BLE001 - mitmproxy would log it and pass the traffic
            self.desk.ledger.error("", "request", error)
            flow.response = _failed("")
            return
        if flow.error or not flow.live:
            return
        for turn in self.desk.turns(stage, exchange.facts):
            doing = REQUEST.get(type(turn.action))
            if doing is None or not turn.action.early:
                exchange.pending.append(turn)
            elif flow.response is None and flow.error is None:
                await self._do(doing, turn, exchange)
        exchange.answered = flow.response is not None

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Choose what to do to the answer (mitmproxy hook)."""
        exchange = flow.metadata.get(_EXCHANGE)
        if not isinstance(exchange, Exchange) or flow.error or not flow.response:
            return
        if exchange.failed:
            return
        kind = flow.response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not exchange.answered:
            exchange.record["origin_status"] = flow.response.status_code
        facts = {**exchange.facts, "status": flow.response.status_code, "content-type": kind}
        exchange.pending.extend(self.desk.turns(Stage.RESPONSE, facts))
        if exchange.pending or exchange.watching:
            flow.response.stream = False
        delivering = [turn for turn in exchange.pending if type(turn.action) in DELIVERY]
        if delivering:
            try:
                delivery.install(flow, lambda: exchange.steps)
            except RuntimeError as error:
                self.desk.ledger.error(delivering[0].rule, delivering[0].word, error)
                exchange.failed = delivering[0]

    async def response(self, flow: http.HTTPFlow) -> None:
        """Change the answer, then its delivery (mitmproxy hook)."""
        exchange = flow.metadata.get(_EXCHANGE)
        if not isinstance(exchange, Exchange) or not flow.response:
            return
        for turn in exchange.watching:
            module_layer.remember_missing(turn, exchange)
        if exchange.pending:
            await self._change(exchange)
        self._close(flow)

    async def _change(self, exchange: Exchange) -> None:
        await self._each(RESPONSE, exchange)
        exchange.steps = delivery.steps_of(exchange.response)
        await self._each(DELIVERY, exchange)
        if exchange.failed:
            exchange.flow.response = _failed(exchange.failed.rule)
            exchange.steps = delivery.steps_of(exchange.response)

    async def _each(self, handlers: dict[type[Action], Handler], exchange: Exchange) -> None:
        """Carry out what is pending and has a handler here, until something fails."""
        for turn in exchange.pending:
            doing = handlers.get(type(turn.action))
            if doing and not exchange.failed:
                await self._do(doing, turn, exchange)

    async def _do(self, doing: Handler, turn: Turn, exchange: Exchange) -> None:
        """Carry out a turn; an exchange whose rule raised gets a 502 and is never passed on."""
        if not await self.desk.act(turn, exchange.record, doing(turn.action, turn, exchange)):
            exchange.failed = turn
            exchange.flow.response = _failed(turn.rule)

    async def faults_moment(self, moment: delivery.Moment) -> None:
        """Take the time that a step of a delivery takes (our own hook)."""
        match moment.step:
            case delivery.Pause(rule, limit):
                await self.desk.waits.hold(rule, moment.client, limit)
            case delivery.Reset():
                await wire.reset(moment.client)
            case delivery.Finish():
                wire.finish(moment.client)

    def error(self, flow: http.HTTPFlow) -> None:
        """Record an exchange that came to no answer (mitmproxy hook)."""
        if not isinstance(flow.metadata.get(_EXCHANGE), Exchange):
            self._open(flow)
        self._close(flow)


def _failed(rule: str) -> http.Response:
    return http.Response.make(
        502, f"golab: rule {rule} failed; see the ledger\n", {"Content-Type": "text/plain"}
    )
