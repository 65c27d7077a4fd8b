"""The way to an engine behind ssh://: a session that runs `docker system dial-stdio` for each call.

As the SDK has it, with what that lacks: time-outs; a second SSH connection where the first has no
room (sshd allows 10 sessions in one unless told, and two labs need more); and what the other end
said when it failed. Keys are the agent's, the usual files, or those of ~/.ssh/config; a host that
is not in ~/.ssh/known_hosts is refused.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docker.transport.basehttpadapter import BaseHTTPAdapter
from docker.transport.sshconn import SSHConnectionPool
from paramiko import (
    AuthenticationException,
    BadHostKeyException,
    ChannelException,
    PasswordRequiredException,
    ProxyCommand,
    RejectPolicy,
    SSHClient,
    SSHConfig,
    SSHException,
)
from urllib3.connection import HTTPConnection

from lab.paths import home

FAILURES = (SSHException, EOFError)
_DIAL = "docker system dial-stdio"
_SAID = 2000


class Adapter(BaseHTTPAdapter):
    """Carries requests over SSH; the first one connects.

    Args:
        address: ssh://[USER@]HOST[:PORT], where HOST may be one of ~/.ssh/config.
        timeout: seconds for each step, from the connection to each answer.
    """

    def __init__(self, address: str, timeout: int) -> None:
        super().__init__()
        self.timeout = timeout
        self._address = address
        self._clients: list[SSHClient] = []
        self._opening = threading.Lock()
        self._pool = _Pool(self)

    def get_connection(self, url: str | bytes, proxies: Any = None) -> SSHConnectionPool:
        """Return the one pool there is."""
        return self._pool

    def session(self) -> Any:
        """Open a session in which the engine listens: a `paramiko.Channel`.

        Raises:
            SSHException, OSError: there is no way to it.
        """
        with self._opening:
            for client in self._clients:
                try:
                    return self._dialled(client)
                except ChannelException:  # as many as this server allows in one connection
                    continue
            self._clients.append(_connected(self._address, self.timeout))
            return self._dialled(self._clients[-1])

    def _dialled(self, client: SSHClient) -> Any:
        transport = client.get_transport()
        if transport is None:
            raise SSHException("the SSH connection was closed")
        session = transport.open_session(timeout=self.timeout)
        session.settimeout(self.timeout)
        session.exec_command(_DIAL)
        return session

    def close(self) -> None:
        """End every connection."""
        self._pool.close()
        for client in self._clients:
            client.close()
        super().close()


class _Pool(SSHConnectionPool):
    def __init__(self, adapter: Adapter) -> None:
        super().__init__(timeout=adapter.timeout)
        self._adapter = adapter

    def _new_conn(self) -> Any:
        return _Connection(self._adapter)


class _Connection(HTTPConnection):
    def __init__(self, adapter: Adapter) -> None:
        super().__init__("localhost", timeout=adapter.timeout)
        self._adapter = adapter

    def connect(self) -> None:
        self.sock = self._adapter.session()

    def getresponse(self) -> Any:
        """Return the engine's answer, or fail with what the other end said instead of one."""
        session: Any = self.sock
        try:
            return super().getresponse()
        except TimeoutError:
            raise
        except (OSError, HTTPException) as error:
            said = str(getattr(error, "line", ""))  # of a shell that prints and goes
            with contextlib.suppress(OSError):
                session.settimeout(1)
                said += session.recv_stderr(_SAID).decode("utf-8", "replace")
            if not said.strip():
                raise
            raise SSHException(f"`{_DIAL}` there says: {said.strip().splitlines()[-1]}") from error


def _connected(address: str, seconds: int) -> SSHClient:
    url = urlsplit(address)
    settings = _settings(str(url.hostname))
    client = SSHClient()
    client.load_system_host_keys()
    client.set_missing_host_key_policy(RejectPolicy())
    logging.getLogger("paramiko.transport").setLevel(logging.CRITICAL)  # we say what failed
    command = settings.get("proxycommand")
    try:
        client.connect(
            settings.get("hostname", url.hostname),
            port=int(url.port or settings.get("port", 22)),
            username=url.username or settings.get("user"),
            key_filename=settings.get("identityfile"),
            sock=ProxyCommand(command) if command else None,
            timeout=seconds,
            banner_timeout=seconds,
            auth_timeout=seconds,
            channel_timeout=seconds,
        )
    except BaseException:
        client.close()
        raise
    return client


def _settings(host: str) -> dict[str, Any]:
    """Return what ~/.ssh/config says of a host."""
    path = (home() or Path("/")) / ".ssh" / "config"
    return dict(SSHConfig.from_path(str(path)).lookup(host)) if path.exists() else {}


def way_out(address: str, error: BaseException) -> tuple[str, str] | None:
    """Return the reason of an SSH server's refusal and the remedy, None if this error is none."""
    host = address.removeprefix("ssh://")
    reach = f"`ssh {address} docker version`"
    if isinstance(error, BadHostKeyException):
        return (
            (
                f"the host key of {host} is not the one in ~/.ssh/known_hosts: somebody may be in "
                "between"
            ),
            "if it was changed on purpose, `ssh-keygen -R` forgets the old one",
        )
    if isinstance(error, PasswordRequiredException):
        return f"the key for {host} has a passphrase", "`ssh-add` hands it to the agent"
    if isinstance(error, AuthenticationException):
        return (
            f"{host} accepts none of your SSH keys",
            (
                "`ssh-add` one, or name it with IdentityFile in ~/.ssh/config, until "
                f"{reach} asks for nothing"
            ),
        )
    if not isinstance(error, SSHException):
        return None
    if "not found in known_hosts" in str(error):
        return f"{host} is not in ~/.ssh/known_hosts", f"{reach} shows its key and asks"
    if _DIAL in str(error):
        return f"no Docker engine answers at {address} ({error})", f"see what {reach} says"
    return f"no SSH connection to {host} ({str(error) or 'it was closed'})", f"try {reach}"
