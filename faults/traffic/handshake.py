"""A TLS handshake in the making, which actions may change before it begins."""

from __future__ import annotations

import contextlib
from typing import Any

from cryptography import x509
from mitmproxy import connection, tls
from OpenSSL import SSL

from faults.certificates import Issuer
from faults.traffic import internals, sockets


class Handshake:
    """A handshake's OpenSSL context, certificate and key, in place of mitmproxy's own."""

    def __init__(self, data: tls.TlsData) -> None:
        if data.ssl_conn is None:
            internals.tls_config().tls_start_client(data)
        assert data.ssl_conn is not None
        self.client = data.context.client
        self.context = SSL.Context(SSL.TLS_SERVER_METHOD)
        self.context.set_alpn_select_callback(internals.ALPN_CALLBACK)
        self._given = data.ssl_conn
        pem, self.key = internals.certificate_for(data.context)
        self.certificate = x509.load_pem_x509_certificate(pem)

    def connection(self) -> SSL.Connection:
        """Return the connection, ready for the handshake."""
        made = SSL.Connection(self.context)
        made.set_app_data(self._given.get_app_data())
        made.use_certificate(self.certificate)
        made.use_privatekey(self.key)
        made.set_accept_state()
        return made

    def authority(self) -> Issuer:
        """Return the authority that the client trusts."""
        pem, key = internals.authority()
        return Issuer(x509.load_pem_x509_certificate(pem), key)


def send_alert(client: connection.Client, number: int) -> bool:
    """Send a fatal alert record (RFC 8446, 5.1 and 6) and FIN; False if the connection has gone."""
    out = sockets.writer(client)
    if out is None or out.is_closing():
        return False
    out.write(bytes([21, 3, 3, 0, 2, 2, number]))
    out.write_eof()
    return True


def send_last_alert(data: tls.TlsData) -> None:
    """Send the alert with which OpenSSL gave up; mitmproxy would close without it."""
    out: Any = sockets.writer(data.context.client)
    if data.ssl_conn is None or out is None or out.is_closing():
        return
    with contextlib.suppress(SSL.Error):
        out.write(data.ssl_conn.bio_read(65535))
