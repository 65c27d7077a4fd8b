"""Connects to a Docker engine, and turns its refusals into one line with the way out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import requests
import urllib3
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.tls import TLSConfig
from urllib3.exceptions import InsecureRequestWarning

from lab.errors import LabError, UnfitError
from lab.sandbox.docker import where
from lab.sandbox.docker.refusals import reason, why_not
from lab.sandbox.docker.where import Endpoint

OLDEST_API = (1, 41)  # Engine 20.10


class _Api(docker.APIClient):
    """The SDK's API client for one endpoint."""

    def __init__(self, endpoint: Endpoint, timeout: int) -> None:
        over_ssh = endpoint.address.startswith("ssh://")
        # With a version, nothing is asked yet; with `use_ssh_client`, nothing is connected.
        super().__init__(
            endpoint.address,
            version="1.41",
            timeout=timeout,
            tls=_tls(endpoint) or False,
            use_ssh_client=over_ssh,
        )
        if over_ssh:
            from lab.sandbox.docker.ssh import Adapter

            self.mount("http+docker://ssh", Adapter(endpoint.address, timeout))
        self._version = str(self.version(api_version=False).get("ApiVersion", "0.0"))

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Keep to the endpoint's authority: requests would let REQUESTS_CA_BUNDLE replace it."""
        chosen = self.verify if verify is None else verify
        return super().merge_environment_settings(url, proxies, stream, chosen, cert)


class _Engine(docker.DockerClient):
    def __init__(self, endpoint: Endpoint, timeout: int) -> None:
        self.api = _Api(endpoint, timeout)


def _tls(endpoint: Endpoint) -> TLSConfig | None:
    if not endpoint.tls:
        return None
    if not endpoint.verify:  # as the user has it; the docker command says nothing either
        urllib3.disable_warnings(InsecureRequestWarning)
    certificate, key = endpoint.file("cert.pem"), endpoint.file("key.pem")
    return TLSConfig(
        client_cert=(certificate, key) if certificate and key else None,
        ca_cert=endpoint.file("ca.pem"),
        verify=endpoint.verify,
    )


def connect(timeout: float = 60) -> docker.DockerClient:
    """Connect to the engine that the environment or the Docker context names.

    Raises:
        UnfitError: there is none, it may not be used, or it is too old.
    """
    found = where.endpoint()
    if found is None:
        raise UnfitError(
            "no Docker engine: DOCKER_HOST is not set and there is no /var/run/docker.sock",
            "start one, or use --backend local",
        )
    try:
        client = _Engine(found, int(timeout) or 1)
    except _failures(ValueError) as error:
        raise UnfitError(*why_not(found, error)) from None
    version = client.api.api_version
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_API:
        raise UnfitError(
            f"the Docker engine at {found.address} is too old (API {version}, and 1.41 is needed)",
            "use Engine 20.10 or later, or --backend local",
        )
    return client


def _failures(*others: type[BaseException]) -> tuple[type[BaseException], ...]:
    """Return what the SDK raises; SSH has a family of its own, if it was loaded at all."""
    ssh = sys.modules.get("lab.sandbox.docker.ssh")
    of_ssh = ssh.FAILURES if ssh else ()
    return (DockerException, requests.RequestException, OSError, *of_ssh, *others)


@contextmanager
def engine_errors(doing: str) -> Iterator[None]:
    """Turn what the engine refuses within this block into a `LabError` that says what failed."""
    try:
        yield
    except ImageNotFound as error:
        said = f"{doing}: {_explained(error)}"
        raise UnfitError(said, "`golab images build` builds it") from None
    except NotFound as error:
        raise LabError(
            f"{doing}: {_explained(error)}; it was removed meanwhile, or never was"
        ) from None
    except APIError as error:
        raise LabError(f"{doing}: {_explained(error)}") from None
    except _failures() as error:
        raise LabError(f"{doing}: the Docker engine has gone ({reason(error)})") from None


def _explained(error: APIError) -> str:
    said = str(error.explanation or error).strip().splitlines()[0]
    if "no space left" in said:
        return f"the engine's disk is full ({said[-80:]}); `golab images prune` makes room"
    if "is already in use" in said:
        return f"{said[:160]}; `golab prune` removes what golab left"
    return said[:300]
