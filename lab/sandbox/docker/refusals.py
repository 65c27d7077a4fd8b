"""Why an engine cannot be reached, in one line with the way out."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from docker.errors import TLSParameterError

from lab.sandbox.docker.where import Endpoint

Refusal = tuple[str, str]
"""The reason of a refusal, and the remedy."""


def why_not(endpoint: Endpoint, error: BaseException) -> Refusal:
    """Say why there is no connection to an engine, and what to do about it."""
    said, remedy = _refusal(endpoint, error)
    return said, f"{remedy}, or use --backend local"


def _refusal(endpoint: Endpoint, error: BaseException) -> Refusal:
    place = endpoint.address
    if "Install paramiko" in str(error):
        return f"{place} needs paramiko", "`python3 -m pip install 'docker[ssh]'` installs it"
    malformed = isinstance(error, ValueError) and not isinstance(error, OSError)
    if malformed or "Invalid bind address" in str(error):
        return (
            f"{place} is no address of a Docker engine",
            "write unix:///PATH, tcp://HOST:PORT or ssh://USER@HOST",
        )
    said = f"no Docker engine answers at {place} ({reason(error)})", "start it"
    for cause in causes(error):
        if place.startswith("ssh://"):
            from lab.sandbox.docker import ssh

            said = ssh.way_out(place, cause) or said
        elif isinstance(cause, PermissionError):
            said = (
                f"no permission to use the Docker engine at {place}",
                "join the group that owns its socket",
            )
        else:
            said = _tls(endpoint, cause) or said
    return said


def reason(error: BaseException) -> str:
    """Return what the operating system or the other end said in the first place, in a few words."""
    told = str(error)
    for cause in causes(error):
        if isinstance(cause, TimeoutError):
            return "timed out"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        told = str(cause) or told
    return told.strip().splitlines()[0][-160:] if told.strip() else type(error).__name__


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came of, as far as that is known, innermost last."""
    yield error
    inner = {id(e): e for e in (error.__cause__ or error.__context__, *error.args)}
    for cause in inner.values():
        if isinstance(cause, BaseException):
            yield from causes(cause)


def _tls(endpoint: Endpoint, cause: BaseException) -> Refusal | None:
    place, files = endpoint.address, endpoint.certificates
    if isinstance(cause, TLSParameterError):
        said = str(cause).split(". ")[0]
        return f"the TLS files in {files} are not usable ({said})", "correct them"
    if "HTTP request to an HTTPS server" in str(cause):
        return (
            f"the Docker engine at {place} speaks TLS",
            (
                "set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the directory of ca.pem, "
                "cert.pem and key.pem"
            ),
        )
    if not isinstance(cause, ssl.SSLError):
        return None
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            (
                f"the certificate of the Docker engine at {place} is not to be trusted "
                f"({cause.verify_message})"
            ),
            f"its authority's ca.pem belongs into {files}",
        )
    if cause.reason == "WRONG_VERSION_NUMBER":
        return (
            f"the Docker engine at {place} speaks no TLS",
            "unset DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or correct the context",
        )
    said = (cause.reason or str(cause)).lower().replace("_", " ")
    return (
        f"the Docker engine at {place} does not accept this client ({said})",
        f"a cert.pem and key.pem of its authority belong into {files}",
    )
