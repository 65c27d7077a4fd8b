"""Connections and TLS handshakes on their way past the rules."""

from __future__ import annotations

from mitmproxy import connection, tls

from faults.engine.connections import Connections
from faults.engine.dispatch import Dispatcher
from faults.model.base import Stage
from faults.traffic import facts, sockets
from faults.traffic.decision import Decision
from faults.traffic.handshake import Handshake, send_last_alert
from faults.traffic.ledger import Record


class Handshakes:
    """Hooks for connections and TLS."""

    name = "faults-tls"

    def __init__(self, dispatcher: Dispatcher, connections: Connections) -> None:
        self.dispatcher = dispatcher
        self.connections = connections
        self._records: dict[str, Record] = {}
        self._decided: dict[str, list[Decision]] = {}
        self._replaced: set[str] = set()

    async def client_connected(self, client: connection.Client) -> None:
        """Reset, hold or shape a connection that has just been accepted (mitmproxy hook)."""
        if client.transport_protocol != "tcp":
            return
        known = facts.of_client(client)
        for decision in self.dispatcher.decisions(Stage.CONNECT, known):
            act = decision.action.hook("on_connect")
            if act is None:  # it is done to the port
                continue
            record = self.dispatcher.ledger.open("tcp", client=known["client"], port=known["port"])
            if not await self.dispatcher.act(decision, record, act(decision, client)):
                client.error = "a fault rule raised"
                return

    async def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """Reset, refuse, hold or prepare a handshake (mitmproxy hook)."""
        client = data.context.client
        known = facts.of_hello(data)
        record = self.dispatcher.ledger.open(
            "tls",
            client=known["client"],
            connection=self.dispatcher.ledger.number(client.id),
            sni=known["sni"],
            alpn=list(known["alpn"]),
            outcome="started",
        )
        self._records[client.id] = record
        for decision in self.dispatcher.decisions(Stage.HELLO, known):
            if act := decision.action.hook("on_hello"):
                if not await self.dispatcher.act(decision, record, act(decision, client)):
                    await sockets.reset(client)
                    return
            else:
                self._decided.setdefault(client.id, []).append(decision)

    async def tls_start_client(self, data: tls.TlsData) -> None:
        """Give a handshake the certificate and the versions that rules want (mitmproxy hook)."""
        client = data.context.client
        decided = self._decided.pop(client.id, [])
        if not decided:
            return
        handshake = Handshake(data)
        for decision in decided:
            act = decision.action.hook("on_handshake")
            assert act
            doing = act(decision, handshake)
            if not await self.dispatcher.act(decision, self._records[client.id], doing):
                await sockets.reset(client)
        data.ssl_conn = handshake.connection()
        self._replaced.add(client.id)

    def tls_established_client(self, data: tls.TlsData) -> None:
        """Record a finished handshake (mitmproxy hook)."""
        if record := self._records.get(data.context.client.id):
            record["outcome"] = "established"
            record["negotiated"] = (data.context.client.alpn or b"").decode("latin-1")
            record["version"] = data.context.client.tls_version

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """Record a failed handshake (mitmproxy hook)."""
        if data.context.client.id in self._replaced:
            send_last_alert(data)
        if record := self._records.get(data.context.client.id):
            record["outcome"] = "failed"
            record["error"] = data.context.client.error or ""

    def client_disconnected(self, client: connection.Client) -> None:
        """Stop waiting for a client that has left (mitmproxy hook)."""
        self.dispatcher.waits.release(client=client.id)
        self._decided.pop(client.id, None)
        self._replaced.discard(client.id)
        self.connections.forget(client)
        self.dispatcher.ledger.forget(client.id)
        record = self._records.pop(client.id, None)
        if record and record["outcome"] == "started":
            record["outcome"] = "broken off"
