"""Connections and TLS handshakes on their way past the rules."""

from __future__ import annotations

from mitmproxy import connection, ctx, tls

from faults import wire
from faults.connections import Connections
from faults.desk import Desk
from faults.exchange import Turn, client_facts
from faults.layers import stream as stream_layer
from faults.layers import tls as tls_layer
from faults.ledger import Record
from faults.vocabulary.base import Stage
from faults.vocabulary.stream import Refuse


class Handshakes:
    """Hooks for connections and TLS."""

    name = "faults-tls"

    def __init__(self, desk: Desk, connections: Connections) -> None:
        self.desk = desk
        self.connections = connections
        self._handshakes: dict[str, Record] = {}
        self._sessions: dict[str, list[Turn]] = {}
        self._ours: set[str] = set()

    async def client_connected(self, client: connection.Client) -> None:
        """Reset, hold or shape a connection that has just been accepted (mitmproxy hook)."""
        if client.transport_protocol != "tcp":
            return
        facts = client_facts(client)
        for turn in self.desk.turns(Stage.CONNECT, facts):
            if isinstance(turn.action, Refuse):
                continue
            record = self.desk.ledger.open("tcp", client=facts["client"], port=facts["port"])
            if not await self.desk.act(
                turn, record, stream_layer.accepted(turn.action, turn, client)
            ):
                client.error = "a fault rule raised"
                return

    async def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """Reset, refuse, hold or prepare a handshake (mitmproxy hook)."""
        client = data.context.client
        facts = tls_layer.facts(data)
        record = self.desk.ledger.open(
            "tls",
            client=facts["client"],
            sni=facts["sni"],
            alpn=list(facts["alpn"]),
            outcome="started",
        )
        self._handshakes[client.id] = record
        for turn in self.desk.turns(Stage.HELLO, facts):
            if isinstance(turn.action, tls_layer.SESSION):
                self._sessions.setdefault(client.id, []).append(turn)
            elif not await self.desk.act(turn, record, tls_layer.hello(turn.action, turn, client)):
                await wire.reset(client)
                return

    async def tls_start_client(self, data: tls.TlsData) -> None:
        """Give a handshake the certificate and the versions that rules want (mitmproxy hook)."""
        client = data.context.client
        turns = self._sessions.pop(client.id, [])
        if not turns:
            return
        if data.ssl_conn is None:
            ctx.master.addons.get("tlsconfig").tls_start_client(data)
        session = tls_layer.Session(data)
        for turn in turns:
            doing = tls_layer.prepare(turn.action, turn, session)
            if not await self.desk.act(turn, self._handshakes[client.id], doing):
                await wire.reset(client)
        data.ssl_conn = session.connection()
        self._ours.add(client.id)

    def tls_established_client(self, data: tls.TlsData) -> None:
        """Record a finished handshake (mitmproxy hook)."""
        if record := self._handshakes.get(data.context.client.id):
            record["outcome"] = "established"
            record["negotiated"] = (data.context.client.alpn or b"").decode("latin-1")
            record["version"] = data.context.client.tls_version

    def tls_failed_client(self, data: tls.TlsData) -> None:
        """Record a failed handshake (mitmproxy hook)."""
        if data.context.client.id in self._ours:
            tls_layer.say_why(data)
        if record := self._handshakes.get(data.context.client.id):
            record["outcome"] = "failed"
            record["error"] = data.context.client.error or ""

    def client_disconnected(self, client: connection.Client) -> None:
        """Stop waiting for a client that has left (mitmproxy hook)."""
        self.desk.waits.release(client=client.id)
        self._sessions.pop(client.id, None)
        self._ours.discard(client.id)
        self.connections.forget(client)
        record = self._handshakes.pop(client.id, None)
        if record and record["outcome"] == "started":
            record["outcome"] = "broken off"
