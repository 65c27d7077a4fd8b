"""The Go client of one arm: its directories, its environment, its project, its commands."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lab.go.credentials import login_for, parse_netrc
from lab.paths import SYSTEM_PATH
from lab.sandbox.interface import (
    CA_BUNDLE,
    GOROOT,
    WARM_GOCACHE,
    Answer,
    Command,
    Completed,
    Handshake,
    Lab,
    LabSpec,
    Request,
)
from lab.spec.client import OF_THE_CLIENT, ClientSpec, File
from lab.spec.command import words
from lab.world.modpath import escape

HOME = "/lab/home"
PROJECT = f"{HOME}/project"
TEMPORARY = f"{HOME}/tmp"  # noqa: S108 - inside the lab, and of this client alone
COLD = f"{HOME}/cold"
GOCACHE = f"{HOME}/.cache/go-build"
PATH = f"{GOROOT}/bin:{HOME}/bin:{SYSTEM_PATH}"
NETRC = ".netrc"

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
        login = None if anonymous else login_for(url, self.logins)
        headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"} if login else {}
        return self.request(Request(url, limit, headers=headers))

    def request(self, request: Request) -> Answer:
        """Make one HTTP request as it stands; see `Lab.fetch`."""
        return self.lab.fetch(request)

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        """Ask each resolver for a name; see `Lab.resolve`."""
        return self.lab.resolve(name, limit)

    def handshake(self, address: str, server_name: str, limit: float, port: int = 443) -> Handshake:
        """Try a TLS handshake; see `Lab.handshake`."""
        return self.lab.handshake(address, server_name, limit, port)

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
    if lab_spec.warm:
        lab.link(WARM_GOCACHE, GOCACHE)
    lab.write({f"{TEMPORARY}/.keep": "", f"{HOME}/.config/go/telemetry/mode": "off\n"})
    project = {"go.mod": DEFAULT_GO_MOD, **spec.project}
    return settle(lab, lab_spec, spec, ClientSpec(project=project, files=spec.files))


def settle(
    lab: Lab, lab_spec: LabSpec, spec: ClientSpec, change: ClientSpec | None = None
) -> Client:
    """Give a client that is there already these settings and credentials.

    Args:
        lab: where it is.
        lab_spec: what that is made of.
        spec: the settings.
        change: the files to write or to take away; by default none.
    """
    client = as_it_stands(lab, lab_spec, spec)
    lab.resolv_conf(resolv_conf(lab.resolver, spec))
    files = placed(change) if change else {}
    written = {path: file for path, file in files.items() if file is not None}
    if spec.files.get(NETRC) is None:
        written[f"{HOME}/{NETRC}"] = netrc(client.logins)
    contents = {path: _content(file) for path, file in written.items()}
    lab.write(contents)
    for path in files.keys() - written.keys():
        lab.remove(path)
    programs = [
        path for path, file in written.items() if isinstance(file, File) and file.executable
    ]
    if programs:
        lab.run(Command(("chmod", "+x", *programs), client.env, HOME, _SHORT))
    return client


def placed(spec: ClientSpec) -> dict[str, str | File | None]:
    """Return the files that are named, by their paths in the lab."""
    project = {f"{PROJECT}/{name}": file for name, file in spec.project.items()}
    return project | {f"{HOME}/{name}": file for name, file in spec.files.items()}


def _content(file: str | File) -> str | bytes:
    return file.content if isinstance(file, File) else file


def as_it_stands(lab: Lab, lab_spec: LabSpec, spec: ClientSpec) -> Client:
    """Return the client of a lab, which has these settings already."""
    logins = {}
    for host, name in spec.logins.items():
        credential = lab_spec.tree.index.credentials[name]
        logins[host] = f"{credential.user}:{credential.secret}"
    if raw := spec.files.get(NETRC):
        text = raw.content.decode(errors="replace") if isinstance(raw, File) else raw
        logins = parse_netrc(text)
    return Client(lab, environment(lab_spec, spec), logins)


_SHORT = 20.0
"""Seconds in which something small is done."""


def environment(lab_spec: LabSpec, spec: ClientSpec) -> dict[str, str]:
    """Return the whole environment of a client; nothing of golab's own goes in.

    What a scenario takes away is as the lab has it: without the key of the world's checksum
    database a client could verify nothing.
    """
    env = {
        "PATH": PATH,
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "TMPDIR": TEMPORARY,
        "GOPATH": f"{HOME}/go",
        "GOMODCACHE": f"{HOME}/go/pkg/mod",
        "GOCACHE": GOCACHE,
        "GOENV": f"{HOME}/.config/go/env",
        "GOTOOLCHAIN": "local",
        "GOSUMDB": lab_spec.tree.gosumdb,
        "SSL_CERT_FILE": CA_BUNDLE,
        "CURL_CA_BUNDLE": CA_BUNDLE,
        "GIT_SSL_CAINFO": CA_BUNDLE,
        "GIT_TERMINAL_PROMPT": "0",
    }
    for name, value in spec.variables.items():
        env[name] = value.replace("~", HOME, 1) if _of_home(name, value) else value
    return env


def _of_home(name: str, value: str) -> bool:
    return name in OF_THE_CLIENT and value.startswith("~/")


def netrc(logins: Mapping[str, str]) -> str:
    """Write a .netrc; `logins` are host -> user:secret."""
    lines = []
    for host, login in logins.items():
        user, _, secret = login.partition(":")
        lines.append(f"machine {host} login {user} password {secret}\n")
    return "".join(lines)


def resolv_conf(address: str, spec: ClientSpec) -> str:
    """Write the resolv.conf of a client; the lab's own resolver has this address."""
    asked = [address if one == "lab" else str(one) for one in spec.resolvers or ["lab"]]
    options = [f"options {spec.resolver}"] if spec.resolver else []
    return "".join(f"{line}\n" for line in [*(f"nameserver {one}" for one in asked), *options])
