"""Faults of the TLS handshake."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from cryptography import x509
from mitmproxy import connection, ctx, tls
from mitmproxy.addons import tlsconfig
from OpenSSL import SSL

from faults import certificates, signing, wire
from faults.exchange import Detail, Turn, client_facts
from faults.layers.stream import SHAPES
from faults.shape import shape
from faults.vocabulary.stream import Hang, Reset
from faults.vocabulary.tls import (
    ALERTS,
    Alert,
    Alpn,
    Certificate,
    ClientCertificate,
    KeyLog,
    TlsVersion,
)

_VERSIONS = {
    "1.0": SSL.TLS1_VERSION,
    "1.1": SSL.TLS1_1_VERSION,
    "1.2": SSL.TLS1_2_VERSION,
}
SESSION = (Alpn, Certificate, ClientCertificate, KeyLog, TlsVersion)
"""Actions on the handshake itself; the others come before it."""


def facts(data: tls.ClientHelloData) -> dict[str, Any]:
    """Return what the ClientHello says."""
    hello = data.client_hello
    return {
        **client_facts(data.context.client),
        "sni": (hello.sni or "").lower(),
        "alpn": tuple(protocol.decode("latin-1") for protocol in hello.alpn_protocols),
    }


async def hello(action: Any, turn: Turn, client: connection.Client) -> Detail:
    """Do what an action says to a handshake whose ClientHello has been read."""
    match action:
        case Reset():
            return {"at": "handshake"} if await wire.reset(client) else None
        case Hang():
            await turn.waits.hold(turn.rule, client, action.for_)
            return {"at": "handshake"}
        case Alert(description=description):
            return {"alert": description} if _alert(client, ALERTS[description]) else None
        case _ if isinstance(action, SHAPES):
            return {"from": "handshake"} if shape(turn, client) else None
    raise TypeError(f"{turn.word} cannot be done to a handshake")


def _alert(client: connection.Client, number: int) -> bool:
    """Send a fatal alert record (RFC 8446, 5.1 and 6) and FIN."""
    out = wire.writer(client)
    if out is None or out.is_closing():
        return False
    out.write(bytes([21, 3, 3, 0, 2, 2, number]))
    out.write_eof()
    return True


class Session:
    """A handshake's OpenSSL connection in the making, in place of mitmproxy's own."""

    def __init__(self, data: tls.TlsData) -> None:
        assert data.ssl_conn is not None
        self.data = data
        self.given = data.ssl_conn
        self.context = SSL.Context(SSL.TLS_SERVER_METHOD)
        choose: Any = tlsconfig.alpn_select_callback
        self.context.set_alpn_select_callback(choose)
        entry = _config().get_cert(data.context)
        self.certificate = x509.load_pem_x509_certificate(entry.cert.to_pem())
        self.key: Any = entry.privatekey

    def connection(self) -> SSL.Connection:
        """Return the connection, ready for the handshake."""
        made = SSL.Connection(self.context)
        made.set_app_data(self.given.get_app_data())
        made.use_certificate(self.certificate)
        made.use_privatekey(self.key)
        made.set_accept_state()
        return made


async def prepare(action: Any, turn: Turn, session: Session) -> Detail:
    """Do what an action says to a handshake that is about to begin."""
    context = session.context
    match action:
        case TlsVersion(newest=newest):
            # Old versions need the old signature algorithms that level 0 allows.
            context.set_cipher_list(b"@SECLEVEL=0:ALL")
            context.set_max_proto_version(_VERSIONS[newest])
            context.set_min_proto_version(SSL.TLS1_VERSION)
            return {"newest": newest}
        case KeyLog(file=file):
            context.set_keylog_callback(_writing(Path(file)))
            return {"file": file}
        case ClientCertificate(need=need):
            must = SSL.VERIFY_FAIL_IF_NO_PEER_CERT if need == "required" else 0
            context.set_verify(SSL.VERIFY_PEER | must, lambda *_: True)
            return {"need": need}
        case Alpn(protocol=protocol):
            context.set_alpn_select_callback(_choosing(protocol.encode()))
            return {"protocol": protocol}
        case Certificate(kind=kind):
            _present(kind, session)
            return {"kind": kind}
    raise TypeError(f"{turn.word} cannot be done to a handshake")


def say_why(data: tls.TlsData) -> None:
    """Send the alert with which OpenSSL gave up; mitmproxy would close without it."""
    out = wire.writer(data.context.client)
    if data.ssl_conn is None or out is None or out.is_closing():
        return
    with contextlib.suppress(SSL.Error):
        out.write(data.ssl_conn.bio_read(65535))


def _config() -> Any:
    return ctx.master.addons.get("tlsconfig")


def _choosing(wanted: bytes) -> Any:
    return lambda _, offered: wanted if wanted in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def _writing(file: Path) -> Any:
    def write(_: SSL.Connection, line: bytes) -> None:
        with file.open("ab") as stream:
            stream.write(line + b"\n")

    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return write


def _present(kind: str, session: Session) -> None:
    """Present a faulty certificate, made with the authority that the client trusts."""
    store = _config().certstore
    authority = x509.load_pem_x509_certificate(store.default_ca.to_pem())
    client = session.data.context.client
    name = client.sni or (client.sockname[0] if client.sockname else certificates.WRONG_NAME)
    trusted = signing.Issuer(authority, store.default_privatekey)
    shown = certificates.faulty(kind, name, trusted)
    session.certificate, session.key = shown.certificate, shown.key
