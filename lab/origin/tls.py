"""A certificate for one run of a server, which clients trust by naming it in SSL_CERT_FILE."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from faults.certificates import DAY, key_pem, new_key, pem, signed


def create(names: Iterable[str], directory: Path) -> tuple[Path, Path]:
    """Make a key and a certificate that vouches for itself, valid for 30 days.

    Args:
        names: the host names and IP addresses that it is good for.
        directory: where the two PEM files go; the key is readable by its owner alone.

    Returns:
        the certificate, which is also what a client has to trust, and the key.
    """
    key = new_key()
    now = datetime.now(UTC)
    certificate = signed(
        "golab origin", key, now - DAY, now + 30 * DAY, hosts=names, authority=True
    )
    certificate_file, key_file = directory / "cert.pem", directory / "key.pem"
    certificate_file.write_bytes(pem(certificate))
    key_file.touch(0o600)
    key_file.write_bytes(key_pem(key))
    return certificate_file, key_file
