"""A certificate authority for one lab: made in milliseconds, trusted by nobody else, never kept."""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509

from faults.certificates import DAY, key_pem, new_key, pem, signed

FILE = "mitmproxy-ca.pem"
"""The name under which mitmproxy looks for its authority in its configuration directory."""


def create() -> tuple[bytes, str]:
    """Make a new authority; nothing is written.

    Returns:
        Key and certificate in PEM, for `put`; and the certificate alone, which is what a client has
        to trust.
    """
    key = new_key()
    now = datetime.datetime.now(datetime.UTC)
    certificate = signed(
        "golab lab authority",
        key,
        now - 2 * DAY,
        now + 30 * DAY,
        authority=True,
        extensions=[
            (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
            (_CERTIFICATES_ONLY, True),
        ],
    )
    return key_pem(key) + pem(certificate), pem(certificate).decode("ascii")


def put(secret: bytes, directory: Path) -> None:
    """Write an authority where mitmproxy finds it, for this user alone."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = directory / FILE
    target.touch(mode=0o600)
    target.write_bytes(secret)


_CERTIFICATES_ONLY = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
