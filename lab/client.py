"""The Go client of one arm: its directories, its environment, its project, its commands."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from urllib.parse import urlsplit

from lab.client_spec import ClientSpec
from lab.command import words
from lab.sandbox.interface import (
    CA_BUNDLE,
    GOROOT,
    Answer,
    Command,
    Completed,
    Lab,
    LabSpec,
)
from lab.world.modpath import escape

HOME = "/lab/home"
PROJECT = f"{HOME}/project"
TEMPORARY = f"{HOME}/tmp"  # noqa: S108 - inside the lab, and of this client alone
COLD = f"{HOME}/cold"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PATH = f"{GOROOT}/bin:{SYSTEM_PATH}"

DEFAULT_GO_MOD = "module lab.example/project\n\ngo 1.21\n"


@dataclass(frozen=True)
class Client:
    """A Go client inside a lab.

    `cold` gives one that shares nothing but its settings and credentials with this one, as on a
    new CI machine.
    """

    lab: Lab
    env: Mapping[str, str]
    logins: Mapping[str, str]
    project: str = PROJECT

    def run(self, command: str | list[str], *, limit: float, **env: str) -> Completed:
        """Run a command in the project; text is split as a shell would, pipes and all."""
        argv = words(command) if isinstance(command, str) else command
        return self.lab.run(Command(tuple(argv), {**self.env, **env}, self.project, limit))

    def cold(self, name: str) -> Client:
        """Return a client with empty caches and no project, for a probe of this name."""
        home = f"{COLD}/{name}"
        self.lab.write({f"{home}/nowhere/.keep": ""})
        env = {**self.env, "GOPATH": f"{home}/go", "GOMODCACHE": f"{home}/go/pkg/mod"}
        return replace(self, env=env, project=f"{home}/nowhere")

    def fetch(self, url: str, *, limit: float, anonymous: bool = False) -> Answer:
        """GET a URL as go would: with the credentials of .netrc, over https only."""
        login = None if anonymous else self.login_for(url)
        headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"} if login else {}
        return self.lab.fetch(url, headers, limit)

    def login_for(self, url: str) -> str | None:
        """Return `user:secret` for this URL, if .netrc has it (internal/auth)."""
        parts = urlsplit(url)
        return self.logins.get(parts.netloc) if parts.scheme == "https" else None

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        """Ask each resolver for a name; see `Lab.resolve`."""
        return self.lab.resolve(name, limit)

    def handshake(self, address: str, server_name: str, limit: float) -> str:
        """Try a TLS handshake; '' is success. See `Lab.handshake`."""
        return self.lab.handshake(address, server_name, limit)

    @staticmethod
    def escaped(module: str) -> str:
        """Return a module path as it stands in a URL (module.EscapePath)."""
        return escape(module)

    def has(self, program: str) -> bool:
        """Tell whether the client has a program."""
        return self.lab.has(program, self.env["PATH"])


def prepare(lab: Lab, lab_spec: LabSpec, spec: ClientSpec) -> Client:
    """Set up a fresh client in a lab: nothing of an earlier arm is left."""
    lab.fresh()
    project = {"go.mod": DEFAULT_GO_MOD, **spec.project}
    files = {f"{PROJECT}/{name}": text for name, text in project.items()}
    files[f"{TEMPORARY}/.keep"] = ""
    files[f"{HOME}/.config/go/telemetry/mode"] = "off\n"
    return settle(lab, lab_spec, spec, files)


def settle(
    lab: Lab, lab_spec: LabSpec, spec: ClientSpec, files: Mapping[str, str] = MappingProxyType({})
) -> Client:
    """Give a client that is there already other settings and credentials, and these files."""
    client = as_it_stands(lab, lab_spec, spec)
    lab.resolv_conf(resolv_conf(lab.resolver, spec.resolver))
    lab.write({**files, f"{HOME}/.netrc": netrc(client.logins)})
    return client


def as_it_stands(lab: Lab, lab_spec: LabSpec, spec: ClientSpec) -> Client:
    """Return the client of a lab, which has these settings already."""
    logins = {}
    for host, name in spec.netrc.items():
        credential = lab_spec.tree.world.credential(name)
        logins[host] = f"{credential.user}:{credential.secret}"
    return Client(lab, environment(lab_spec, spec), logins)


def environment(lab_spec: LabSpec, spec: ClientSpec) -> dict[str, str]:
    """Return the whole environment of a client; nothing of golab's own goes in."""
    return {
        "PATH": PATH,
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "TMPDIR": TEMPORARY,
        "GOPATH": f"{HOME}/go",
        "GOMODCACHE": f"{HOME}/go/pkg/mod",
        "GOCACHE": f"{HOME}/.cache/go-build",
        "GOENV": f"{HOME}/.config/go/env",
        "GOTOOLCHAIN": "local",
        "GOSUMDB": lab_spec.tree.gosumdb,
        "SSL_CERT_FILE": CA_BUNDLE,
        "CURL_CA_BUNDLE": CA_BUNDLE,
        "GIT_SSL_CAINFO": CA_BUNDLE,
        "GIT_TERMINAL_PROMPT": "0",
        **spec.env,
    }


def netrc(logins: Mapping[str, str]) -> str:
    """Write a .netrc; `logins` are host -> user:secret."""
    lines = []
    for host, login in logins.items():
        user, _, secret = login.partition(":")
        lines.append(f"machine {host} login {user} password {secret}\n")
    return "".join(lines)


def resolv_conf(address: str, options: str | None) -> str:
    """Write a resolv.conf that names the edge."""
    return f"nameserver {address}\n" + (f"options {options}\n" if options else "")
