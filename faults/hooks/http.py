"""HTTP exchanges on their way past the rules."""

from __future__ import annotations

from mitmproxy import ctx, http

from faults.engine.connections import Connections
from faults.engine.dispatch import Dispatcher
from faults.model.action import Hook
from faults.model.base import Stage
from faults.traffic import delivery, facts, internals, sockets
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange

_EXCHANGE = "faults.exchange"


class Exchanges:
    """Hooks for HTTP."""

    name = "faults-http"

    def __init__(self, dispatcher: Dispatcher, connections: Connections) -> None:
        self.dispatcher = dispatcher
        self.connections = connections

    def _open(self, flow: http.HTTPFlow) -> Exchange:
        known = facts.of_request(flow, keeps_host=ctx.options.keep_host_header)
        record = self.dispatcher.ledger.open(
            "http",
            client=known["client"],
            connection=self.dispatcher.ledger.number(flow.client_conn.id),
            method=flow.request.method,
            scheme="https" if flow.client_conn.tls else flow.request.scheme,
            host=known["host"],
            path=flow.request.path,
            status=None,
            origin_status=None,
            request_bytes=len(flow.request.raw_content or b""),
            response_bytes=None,
            endpoint=known["endpoint"],
            module=known["module"],
            version=known["version"],
        )
        exchange = Exchange(flow, known, record)
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
        await self._ask(flow, Stage.TUNNEL, "on_tunnel")

    def http_connected(self, flow: http.HTTPFlow) -> None:
        """Record an accepted CONNECT (mitmproxy hook)."""
        self._close(flow)

    def http_connect_error(self, flow: http.HTTPFlow) -> None:
        """Record a refused CONNECT (mitmproxy hook)."""
        self._close(flow)

    async def request(self, flow: http.HTTPFlow) -> None:
        """Do what can be done before the origin is asked (mitmproxy hook)."""
        await self._ask(flow, Stage.REQUEST, "on_request")

    async def _ask(self, flow: http.HTTPFlow, stage: Stage, hook: str) -> None:
        try:
            exchange = self._open(flow)
        except Exception as error:  # noqa: BLE001 - mitmproxy would log it and pass the traffic
            self.dispatcher.ledger.error("", "request", error)
            flow.response = _failed("")
            return
        if flow.error or not flow.live:
            return
        for decision in self.dispatcher.decisions(stage, exchange.facts):
            act = decision.action.hook(hook, "on_answer")
            if act is None or not decision.action.early:
                exchange.pending.append(decision)
            elif flow.response is None and flow.error is None:
                await self._act(act, decision, exchange)
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
        known = {**exchange.facts, "status": flow.response.status_code, "content-type": kind}
        exchange.pending.extend(self.dispatcher.decisions(Stage.RESPONSE, known))
        if exchange.pending or exchange.watching:
            flow.response.stream = False
        delivering = [one for one in exchange.pending if one.action.hook("on_delivery")]
        if delivering:
            try:
                internals.deliver(flow, lambda: exchange.steps)
            except RuntimeError as error:
                self.dispatcher.ledger.error(delivering[0].rule, delivering[0].word, error)
                exchange.failed = delivering[0]

    async def response(self, flow: http.HTTPFlow) -> None:
        """Change the answer, then its delivery (mitmproxy hook)."""
        exchange = flow.metadata.get(_EXCHANGE)
        if not isinstance(exchange, Exchange) or not flow.response:
            return
        for watch in exchange.watching:
            watch()
        if exchange.pending:
            await self._change(exchange)
        self._close(flow)

    async def _change(self, exchange: Exchange) -> None:
        await self._each(exchange, "on_response", "on_answer")
        exchange.steps = delivery.steps_of(exchange.response)
        await self._each(exchange, "on_delivery")
        if exchange.failed:
            exchange.flow.response = _failed(exchange.failed.rule)
            exchange.steps = delivery.steps_of(exchange.response)

    async def _each(self, exchange: Exchange, *hooks: str) -> None:
        """Carry out what is pending and has one of these hooks, until something fails."""
        for decision in exchange.pending:
            act = decision.action.hook(*hooks)
            if act and not exchange.failed:
                await self._act(act, decision, exchange)

    async def _act(self, act: Hook, decision: Decision, exchange: Exchange) -> None:
        """Carry out a decision; an exchange whose rule raised gets a 502 and is never passed on."""
        doing = act(decision, exchange)
        if not await self.dispatcher.act(decision, exchange.record, doing):
            exchange.failed = decision
            exchange.flow.response = _failed(decision.rule)

    async def faults_timed_step(self, timed: internals.TimedStep) -> None:
        """Take the time that a step of a delivery takes (our own hook)."""
        match timed.step:
            case delivery.Pause(rule, limit):
                await self.dispatcher.waits.hold(rule, timed.client, limit)
            case delivery.Reset():
                await sockets.reset(timed.client)
            case delivery.Finish():
                sockets.finish(timed.client)

    def error(self, flow: http.HTTPFlow) -> None:
        """Record an exchange that came to no answer (mitmproxy hook)."""
        if not isinstance(flow.metadata.get(_EXCHANGE), Exchange):
            self._open(flow)
        self._close(flow)


def _failed(rule: str) -> http.Response:
    return http.Response.make(
        502, f"golab: rule {rule} failed; see the ledger\n", {"Content-Type": "text/plain"}
    )
