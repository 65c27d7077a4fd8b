"""Handshake faults, as openssl, curl, go and a plain socket see them."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from faults import certificates
from faults.actions.tls.alert import ALERTS
from tests.faults.clients import H1, H2, LIST, NAME, connect, curl, go, read
from tests.faults.edge import Edge
from tests.faults.origin import COBRA, answer
from tests.programs import needed


def arm(edge: Edge, do: str, name: str = NAME) -> None:
    edge.arm(f"[{{name: it, where: {{sni: {name}}}, do: {do}}}]")


def openssl(edge: Edge, *options: str, name: str = NAME) -> str:
    """Shake hands with openssl; return all it says."""
    command = [needed("openssl"), "s_client", "-connect", f"127.0.0.1:{edge.port}"]
    command += ["-servername", name]
    checks = ["-CAfile", str(edge.ca), "-verify_hostname", name, "-verify_return_error"]
    done = subprocess.run([*command, *checks, *options], input=b"", capture_output=True, timeout=10)
    return (done.stdout + done.stderr).decode("utf-8", "replace").lower()


CERTIFICATES = {
    "unknown-ca": ("unable to get local issuer certificate", "signed by unknown authority"),
    "expired": ("certificate has expired", "certificate has expired or is not yet valid"),
    "not-yet-valid": (
        "certificate is not yet valid",
        "certificate has expired or is not yet valid",
    ),
    "wrong-name": ("hostname mismatch", "certificate is valid for wrong.invalid, not localhost"),
    "incomplete-chain": ("unable to get local issuer certificate", "signed by unknown authority"),
    "self-signed": ("self-signed certificate", "certificate signed by unknown authority"),
}


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_each_certificate_is_wrong_in_its_own_way(
    edge: Edge, tmp_path: Path, go_command: str, kind: str
) -> None:
    by_openssl, by_go = CERTIFICATES[kind]
    assert "verification: ok" in openssl(edge)
    arm(edge, f"{{certificate: {kind}}}")
    assert by_openssl in openssl(edge)
    assert curl(edge, LIST).exit == 60
    arm(edge, f"{{certificate: {kind}}}", "localhost")
    seen = go(edge, tmp_path, go_command, "list", "-m", f"{COBRA}@latest")
    assert by_go in seen.stderr
    assert edge.fired() == {"it": 1}
    assert edge.records("tls")[0]["outcome"] in ("failed", "established")
    edge.arm()
    assert "verification: ok" in openssl(edge)


@pytest.mark.parametrize("description", ALERTS)
def test_an_alert_is_those_seven_bytes_and_a_fin(edge: Edge, description: str) -> None:
    arm(edge, f"{{alert: {description}}}")
    hello = _client_hello(NAME)
    with connect(edge, None) as sock:
        sock.sendall(hello)
        got, ended = read(sock)
    assert (got.hex(), ended) == (f"150303000202{ALERTS[description]:02x}", "fin")


def test_go_names_the_alert(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{alert: unrecognized-name}", "localhost")
    seen = go(edge, tmp_path, go_command, "list", "-m", f"{COBRA}@latest")
    assert "remote error: tls: unrecognized name" in seen.stderr


def test_old_versions_only(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{tls-version: 1.1}")
    with connect(edge, None) as sock:
        sock.sendall(_client_hello(NAME))
        got, ended = read(sock)
    assert (got[:1].hex(), got[-2:].hex(), ended) == ("15", "0246", "fin")
    arm(edge, "{tls-version: 1.2}")
    assert "new, tlsv1.2" in openssl(edge)
    arm(edge, "{tls-version: '1.0'}", "localhost")
    seen = go(edge, tmp_path, go_command, "list", "-m", f"{COBRA}@latest")
    assert "protocol version not supported" in seen.stderr


def test_a_client_certificate_is_wanted(edge: Edge, tmp_path: Path) -> None:
    arm(edge, "{client-certificate: required}")
    without = curl(edge, LIST, *H1)
    assert without.exit != 0
    assert "certificate required" in without.stderr
    shown = certificates.faulty("self-signed", "client.example", _nobody())
    pem = tmp_path / "client.pem"
    pem.write_bytes(
        shown.certificate.public_bytes(serialization.Encoding.PEM)
        + shown.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    assert curl(edge, LIST, *H1, "--cert", str(pem)).body == answer(LIST)[2]
    arm(edge, "{client-certificate: requested}")
    assert curl(edge, LIST, *H1).status == 200
    assert edge.fired() == {"it": 1}


def _nobody() -> certificates.Issuer:
    return certificates._stranger()


def test_h2_is_refused(edge: Edge) -> None:
    assert curl(edge, LIST, *H2).version == "HTTP/2"
    arm(edge, "{alpn: http/1.1}")
    assert curl(edge, LIST, *H2).version == "HTTP/1.1"
    arm(edge, "{alpn: none}")
    assert "no alpn negotiated" in openssl(edge, "-alpn", "h2,http/1.1")
    assert edge.fired() == {"it": 1}


def test_the_keys_of_a_session_are_written_down(edge: Edge, tmp_path: Path) -> None:
    log = tmp_path / "deep" / "keys.log"
    arm(edge, f"{{key-log: {log}}}")
    assert curl(edge, LIST).body == answer(LIST)[2]
    labels = {line.split()[0] for line in log.read_text().splitlines()}
    assert {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"} <= labels
    size = log.stat().st_size
    edge.arm()
    assert curl(edge, LIST).status == 200
    assert log.stat().st_size == size


def test_several_faults_of_one_handshake(edge: Edge) -> None:
    edge.arm(f"""
        - {{name: old, where: {{sni: {NAME}}}, do: {{tls-version: 1.2, alpn: http/1.1}}}}
        - {{name: bad, where: {{sni: {NAME}}}, do: {{certificate: expired}}}}
    """)
    said = openssl(edge, "-alpn", "h2,http/1.1")
    assert "certificate has expired" in said
    assert [entry["do"] for entry in edge.records("tls")[0]["fired"]] == [
        "tls-version",
        "alpn",
        "certificate",
    ]


def _client_hello(name: str) -> bytes:
    """Return the bytes with which a TLS client begins."""
    out = ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # what it is by default, /etc/ssl says
    session = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return out.read()
