"""Certificates that a client must not accept, each wrong in exactly one way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from faults.signing import DAY, Issuer, new_key, signed

WRONG_NAME = "wrong.invalid"


@dataclass(frozen=True)
class Presented:
    """A certificate to present, with its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def faulty(kind: str, name: str, trusted: Issuer) -> Presented:
    """Make a certificate for `name` that is wrong in the way of `kind`.

    Args:
        kind: unknown-ca, expired, not-yet-valid, wrong-name, incomplete-chain or self-signed.
        name: the DNS name or address the client asked for.
        trusted: the authority the client trusts.

    Raises:
        ValueError: another kind.
    """
    now = datetime.now(UTC)
    begin, end = now - DAY, now + 30 * DAY
    issuer: Issuer | None = trusted
    match kind:
        case "expired":
            begin, end = now - 90 * DAY, now - DAY
        case "not-yet-valid":
            begin, end = now + DAY, now + 90 * DAY
        case "wrong-name":
            name = WRONG_NAME
        case "unknown-ca":
            issuer = _stranger()
        case "incomplete-chain":
            issuer = _intermediate(trusted)
        case "self-signed":
            issuer = None
        case _:
            raise ValueError(f"no such certificate: {kind}")
    key = new_key()
    server = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    shown = signed(name, key, begin, end, issuer=issuer, hosts=[name], extensions=[server])
    return Presented(shown, key)


@cache
def _stranger() -> Issuer:
    """Return an authority that nobody knows."""
    return _authority("Middlebox CA", None)


@cache
def _intermediate(trusted: Issuer) -> Issuer:
    return _authority("Intermediate CA", trusted)


def _authority(name: str, issuer: Issuer | None) -> Issuer:
    now = datetime.now(UTC)
    key = new_key()
    begin, end = now - DAY, now + 90 * DAY
    return Issuer(signed(name, key, begin, end, issuer=issuer, authority=True), key)
