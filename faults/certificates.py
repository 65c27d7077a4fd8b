"""Certificates that a client must not accept, each wrong in exactly one way."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
WRONG_NAME = "wrong.invalid"


@dataclass(frozen=True)
class Issuer:
    """Who signs: a certificate and its private key."""

    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes


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
    key = ec.generate_private_key(ec.SECP256R1())
    begin, end, issuer = now - DAY, now + 30 * DAY, trusted
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
            issuer = Issuer(_signed(_subject(name), key, None, begin, end, name), key)
            return Presented(issuer.certificate, key)
        case _:
            raise ValueError(f"no such certificate: {kind}")
    return Presented(_signed(_subject(name), key, issuer, begin, end, name), key)


@cache
def _stranger() -> Issuer:
    """Return an authority that nobody knows."""
    return _authority("Middlebox CA", None)


@cache
def _intermediate(trusted: Issuer) -> Issuer:
    return _authority("Intermediate CA", trusted)


def _authority(name: str, issuer: Issuer | None) -> Issuer:
    now = datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    return Issuer(_signed(_subject(name), key, issuer, now - DAY, now + 90 * DAY, None), key)


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _signed(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: Issuer | None,
    begin: datetime,
    end: datetime,
    host: str | None,
) -> x509.Certificate:
    """Sign a certificate for a host, or for an authority if there is no host."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
    )
    if host is not None:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_alternative(host)]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
