"""Where a Docker engine may be, found out without loading the SDK, which takes its time.

As the `docker` command does: DOCKER_HOST, else the context of DOCKER_CONTEXT or of the
configuration, else the usual socket. The SDK's own reader finds contexts only beside a config.json
and drops TLS files that are not three, so golab reads the store of contexts itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.errors import UnfitError
from lab.paths import home

SOCKET = Path("/var/run/docker.sock")


@dataclass(frozen=True)
class Endpoint:
    """An engine's address (unix://, tcp://, ssh://), and how TLS is spoken with it.

    Attributes:
        address: as DOCKER_HOST has it.
        tls: whether it speaks TLS.
        verify: whether its certificate is verified.
        certificates: the directory of ca.pem, cert.pem and key.pem, as far as there are any.
    """

    address: str
    tls: bool = False
    verify: bool = True
    certificates: Path | None = None

    @property
    def is_here(self) -> bool:
        """Whether the engine is on this machine."""
        return self.address.startswith("unix:")

    def file(self, name: str) -> str | None:
        """Return the path of a TLS file, if there is one of this name."""
        path = self.certificates / name if self.certificates else None
        return str(path) if path and path.is_file() else None


def endpoint() -> Endpoint | None:
    """Return where an engine may be, without asking it.

    Raises:
        UnfitError: the context or the TLS files that are named are not there.
    """
    if os.environ.get("DOCKER_HOST"):
        return _from_environment(os.environ["DOCKER_HOST"])
    chosen = context()
    if chosen:
        return _from_context(chosen)
    return Endpoint(f"unix://{SOCKET}") if SOCKET.exists() else None


def context() -> str:
    """Return the name of the Docker context that is in force, '' if none is."""
    if os.environ.get("DOCKER_CONTEXT"):
        chosen = os.environ["DOCKER_CONTEXT"]
    else:
        settings = _json(_home() / "config.json")
        chosen = str(settings.get("currentContext", ""))
    return "" if chosen == "default" else chosen


def may_be() -> bool:
    """Tell whether it is worth asking: DOCKER_HOST, a context, or the usual socket."""
    return bool(os.environ.get("DOCKER_HOST") or context() or SOCKET.exists())


def _from_environment(address: str) -> Endpoint:
    if not address.startswith("tcp:"):
        return Endpoint(address)
    verify = bool(os.environ.get("DOCKER_TLS_VERIFY"))
    named = os.environ.get("DOCKER_CERT_PATH")
    found = Endpoint(address, bool(verify or named), verify, Path(named) if named else _home())
    if named and not any(found.file(name) for name in ("ca.pem", "cert.pem")):
        raise UnfitError(
            f"DOCKER_CERT_PATH={named} has neither ca.pem nor cert.pem",
            "name the directory of the engine's TLS files, or unset it",
        )
    return found


def _from_context(name: str) -> Endpoint:
    import hashlib

    number = hashlib.sha256(name.encode()).hexdigest()
    store = _home() / "contexts"
    settings = store / "meta" / number / "meta.json"
    if not settings.exists():
        raise UnfitError(f"there is no Docker context {name}", "`docker context ls` lists them")
    try:
        engine = _json(settings)["Endpoints"]["docker"]
        address, skip = str(engine["Host"]), bool(engine.get("SkipTLSVerify"))
    except (KeyError, TypeError, AttributeError):
        raise UnfitError(
            f"the Docker context {name} names no engine ({settings})",
            "make it again with `docker context create`",
        ) from None
    certificates = store / "tls" / number / "docker"
    return Endpoint(address, skip or certificates.is_dir(), not skip, certificates)


def _home() -> Path:
    return Path(os.environ.get("DOCKER_CONFIG") or (home() or Path("/")) / ".docker")


def _json(path: Path) -> dict[str, Any]:
    """Return the object of a JSON file, an empty one where there is none."""
    import json

    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
