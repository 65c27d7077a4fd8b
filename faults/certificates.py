"""Makes and signs certificates, good ones and such as a client must not accept."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
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


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new private key, of a kind that is made in no time."""
    return ec.generate_private_key(ec.SECP256R1())


def signed(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    begin: datetime,
    end: datetime,
    *,
    issuer: Issuer | None = None,
    hosts: Iterable[str] = (),
    authority: bool = False,
    extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
) -> x509.Certificate:
    """Sign a certificate.

    Args:
        name: its subject; what is beyond 64 characters is left out.
        key: its private key.
        begin: from when it is valid.
        end: until when.
        issuer: who signs; by default it signs itself.
        hosts: the DNS names and addresses that it is good for.
        authority: whether it may sign others.
        extensions: further ones, and whether they are critical.
    """
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if names := [_alternative(host) for host in hosts]:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


def pem(certificate: x509.Certificate) -> bytes:
    """Write a certificate as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key as PEM, unencrypted."""
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


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
