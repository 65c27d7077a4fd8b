"""What the view asks, and whom, is what a real go asks: request by request, in a lab."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from faults.rules import from_data
from lab.client import Client, prepare
from lab.diagnostics.inlab import LabMachine
from lab.diagnostics.sumdb import lookup, way
from lab.diagnostics.view import GoView
from lab.sandbox.interface import LabSpec
from lab.sandbox.local.backend import LocalLab
from lab.spec.client import ClientSpec

MUX, LIB = "github.com/gorilla/mux", "git.corp.example/lib"
FIRST, PUBLIC = "https://goproxy.cn", "https://proxy.golang.org"
LOGIN = "gopher:token-that-works"
NETRC = {"proxy.corp.example": "valid"}
PRIVATE = {"GOPROXY": "https://proxy.corp.example", "GONOSUMDB": LIB}
GATEWAY = "http://proxy.corp.example:8080"


def rule(do: Mapping[str, Any], host: str = "goproxy.cn", **where: Any) -> dict[str, Any]:
    return {"name": "rule", "where": {"host": host, **where}, "do": do}


MOVED = {"redirect": "https://goproxy.io/"}
SETTINGS: dict[str, tuple[dict[str, str], str, str, list[dict[str, Any]], dict[str, str]]] = {
    # environment, module, version, rules, netrc
    "one": ({"GOPROXY": PUBLIC}, MUX, "v1.8.0", [], {}),
    "capitals": ({"GOPROXY": PUBLIC}, "github.com/BurntSushi/toml", "v1.3.2", [], {}),
    "plus": ({"GOPROXY": PUBLIC}, "github.com/golang-jwt/jwt", "v3.2.2+incompatible", [], {}),
    "blanks": ({"GOPROXY": f" {PUBLIC}/ , ,off,{FIRST}"}, MUX, "v1.8.0", [], {}),
    "no scheme": ({"GOPROXY": "proxy.golang.org/"}, MUX, "v1.8.0", [], {}),
    "below a path": ({"GOPROXY": "https://mirrors.aliyun.com/goproxy/"}, MUX, "v1.8.0", [], {}),
    "gone": ({"GOPROXY": f"{FIRST},{PUBLIC}"}, MUX, "v1.8.0", [rule({"respond": 410})], {}),
    "gone, pipe": ({"GOPROXY": f"{FIRST}|{PUBLIC}"}, MUX, "v1.8.0", [rule({"respond": 404})], {}),
    "403": ({"GOPROXY": f"{FIRST},{PUBLIC}"}, MUX, "v1.8.0", [rule({"respond": 403})], {}),
    "204": ({"GOPROXY": f"{FIRST},{PUBLIC}"}, MUX, "v1.8.0", [rule({"respond": 204})], {}),
    "503, pipe": ({"GOPROXY": f"{FIRST}|{PUBLIC}"}, MUX, "v1.8.0", [rule({"respond": 503})], {}),
    "no zip": (
        {"GOPROXY": f"{FIRST},{PUBLIC}"},
        *(MUX, "v1.8.0", [rule({"respond": 404}, endpoint="zip")], {}),
    ),
    "redirected": ({"GOPROXY": FIRST}, MUX, "v1.8.0", [rule(MOVED, endpoint="zip")], {}),
    "insecure": (
        {"GOPROXY": f"{FIRST},{PUBLIC}"},
        *(MUX, "v1.8.0", [rule({"redirect": "http://goproxy.io/"})], {}),
    ),
    "login": (PRIVATE, LIB, "v1.0.0", [], NETRC),
    "no login": (PRIVATE, LIB, "v1.0.0", [], {}),
    "login, redirected": (
        PRIVATE,
        *(LIB, "v1.0.0", [rule(MOVED, host="proxy.corp.example", endpoint="zip")], NETRC),
    ),
    "login in the URL": (
        {**PRIVATE, "GOPROXY": f"https://{LOGIN}@proxy.corp.example"},
        *(LIB, "v1.0.0", [], {}),
    ),
    "escaped login in the URL": (
        {**PRIVATE, "GOPROXY": "https://gopher:token%2Dthat-works@proxy.corp.example"},
        *(LIB, "v1.0.0", [], {}),
    ),
    "comma in a password": (
        {**PRIVATE, "GOPROXY": "https://gopher:token,works@proxy.corp.example"},
        *(LIB, "v1.0.0", [], {}),
    ),
    "not private enough": ({"GOPROXY": PUBLIC, "GONOPROXY": "git"}, MUX, "v1.8.0", [], {}),
    "off": ({"GOPROXY": "off"}, MUX, "v1.8.0", [], {}),
    "forward": ({"GOPROXY": PUBLIC, "HTTPS_PROXY": GATEWAY}, MUX, "v1.8.0", [], {}),
    "forward, not this": (
        {"GOPROXY": PUBLIC, "https_proxy": GATEWAY, "NO_PROXY": "x.example, .golang.org:443"},
        *(MUX, "v1.8.0", [], {}),
    ),
    "forward, no globs": (
        {"GOPROXY": PUBLIC, "HTTPS_PROXY": GATEWAY, "NO_PROXY": "proxy.go*"},
        *(MUX, "v1.8.0", [], {}),
    ),
    "forward, refused": (
        {"GOPROXY": PUBLIC, "HTTPS_PROXY": GATEWAY},
        *(MUX, "v1.8.0", [rule({"respond": 403}, host="*", method="CONNECT")], {}),
    ),
    "plain http": ({"GOPROXY": "http://goproxy.cn"}, MUX, "v1.8.0", [rule({"respond": 404})], {}),
    "database by itself": (
        {"GOPROXY": FIRST},
        *(MUX, "v1.8.0", [rule({"respond": 410}, endpoint="sumdb-supported")], {}),
    ),
    "database not to be had": (
        {"GOPROXY": FIRST},
        *(MUX, "v1.8.0", [rule({"respond": 400}, endpoint="sumdb-supported")], {}),
    ),
    "no database": ({"GOPROXY": FIRST, "GOSUMDB": "off"}, MUX, "v1.8.0", [], {}),
    "unverified": ({"GOPROXY": FIRST, "GONOSUMDB": "github.com/*"}, MUX, "v1.8.0", [], {}),
}


def asked(lab: LocalLab) -> list[str]:
    """Return the requests on record, but those for the parts of the database's tree."""
    return [
        f"{record['method']} {record['scheme']}://{record['host']}{record['path']}: "
        f"{record.get('status')}"
        for record in lab.edge.ledger().records
        if record["kind"] == "http" and record["endpoint"] not in ("sumdb-tile", "sumdb-latest")
    ]


def download(view: GoView, module: str, version: str) -> None:
    """Ask for what `go mod download` does of one version, as far as it would come."""
    for file in ("info", "mod", "zip"):
        if not view.ask(module, f"@v/{version}.{file}").served:
            return
        if file == "mod" and not view.unverified(module):
            at = way(view)
            if at is None or not at.base or not lookup(view, at, module, version).ok:
                return


def fresh(lab: LocalLab, spec: LabSpec, name: str) -> Client:
    env, _, _, rules, netrc = SETTINGS[name]
    client = prepare(lab, spec, ClientSpec.model_validate({"env": env, "netrc": netrc}))
    lab.edge.arm(from_data(rules))
    return client


@pytest.mark.parametrize("name", SETTINGS)
def test_a_download(running_lab: LocalLab, lab_spec: LabSpec, name: str) -> None:
    module, version = SETTINGS[name][1:3]
    client = fresh(running_lab, lab_spec, name)
    done = client.run(["go", "mod", "download", f"{module}@{version}"], limit=20)
    gos = asked(running_lab)
    view = GoView(LabMachine(fresh(running_lab, lab_spec, name)), 5)
    download(view, module, version)
    assert once(asked(running_lab)) == once(gos), done
    assert gos or view.problem or not view.proxies(module)


def once(requests: list[str]) -> list[str]:
    """Leave out all but the first tunnel to a host: go uses a connection several times."""
    tunnels = {line: place for place, line in reversed([*enumerate(requests)])}
    return [
        line
        for place, line in enumerate(requests)
        if "CONNECT" not in line or tunnels[line] == place
    ]


@pytest.mark.parametrize("name", ["one", "403", "503, pipe", "gone", "login", "capitals"])
def test_a_list(running_lab: LocalLab, lab_spec: LabSpec, name: str) -> None:
    module = SETTINGS[name][1]
    fresh(running_lab, lab_spec, name).run(["go", "list", "-m", "-versions", module], limit=20)
    gos = [line for line in asked(running_lab) if "/@v/list" in line]
    GoView(LabMachine(fresh(running_lab, lab_spec, name)), 5).ask(module, "@v/list")
    assert gos
    assert asked(running_lab) == gos
