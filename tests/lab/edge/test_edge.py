"""The edge serves the lab's names, and no others, on every port that a client may use."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from faults.rules import from_data
from lab.client import Client
from lab.sandbox.interface import ORIGIN
from lab.spec.asked import connections, times
from tests.programs import needed

LIST = "/github.com/gorilla/mux/@v/list"
FORWARD = "http://proxy.corp.example:8080"


@pytest.fixture
def asked(client: Client) -> Client:
    client.lab.edge.arm([])
    return client


def records(client: Client, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.lab.edge.ledger().records
    return [record for record in found if record["kind"] == kind]


def curl(client: Client, *args: str) -> str:
    form = "%{http_code} %{http_version} %{remote_port}"
    done = client.run([needed("curl"), "-s", "-o", "/dev/null", "-w", form, *args], limit=5)
    return done.stdout


def test_tls_speaks_http_2_and_1(asked: Client) -> None:
    assert curl(asked, f"https://proxy.golang.org{LIST}") == "200 2 443"
    assert curl(asked, "--http1.1", f"https://proxy.golang.org{LIST}") == "200 1.1 443"
    assert [record["negotiated"] for record in records(asked, "tls")] == ["h2", "http/1.1"]


def test_go_itself_speaks_http_2(asked: Client) -> None:
    done = asked.run("go list -m -versions github.com/gorilla/mux", limit=10)
    assert done.stdout == "github.com/gorilla/mux v1.7.3 v1.7.4 v1.8.0 v1.8.1\n"
    assert {record["negotiated"] for record in records(asked, "tls")} == {"h2"}


AGAIN = """
import socket, time
query = b"id\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\5proxy\\6golang\\3org\\0\\0\\1\\0\\1"
for pause in (0, 22):
    time.sleep(pause)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind(("", 40123))
        asking.settimeout(10)
        asking.sendto(query, ("198.18.0.2", 53))
        print(len(asking.recv(512)))
"""


@pytest.mark.slow
def test_a_port_that_is_drawn_again_after_a_while_is_answered(asked: Client) -> None:
    done = asked.run(["python3", "-c", AGAIN], limit=60)
    first, again = done.stdout.split()
    assert first == again, done.stderr


def test_plain_http(asked: Client) -> None:
    assert curl(asked, f"http://goproxy.cn{LIST}") == "200 1.1 80"
    (record,) = records(asked, "http")
    assert (record["scheme"], record["host"], record["endpoint"]) == ("http", "goproxy.cn", "list")


def test_an_explicit_forward_proxy(asked: Client) -> None:
    assert curl(asked, "-x", FORWARD, f"https://proxy.golang.org{LIST}") == "200 2 8080"
    assert curl(asked, "-x", FORWARD, f"http://proxy.golang.org{LIST}") == "200 1.1 8080"
    go = asked.run("go list -m -versions github.com/gorilla/mux", limit=10, HTTPS_PROXY=FORWARD)
    assert go.stdout.startswith("github.com/gorilla/mux v1.7.3")


def test_a_name_that_is_not_of_the_lab(asked: Client) -> None:
    done = asked.run([needed("curl"), "-sS", "https://example.com/"], limit=5)
    assert "Could not resolve host" in done.stderr
    through = asked.run(["curl", "-s", "-x", FORWARD, "http://example.com/"], limit=5)
    assert through.stdout == "golab: there is no example.com in this lab\n"


def test_dns_over_udp_and_tcp(asked: Client) -> None:
    if not asked.has("dig"):
        pytest.skip("dig is not installed")
    for way in ("+notcp", "+tcp"):
        command = ["dig", "+short", way, "sum.golang.org", "A"]
        assert asked.run(command, limit=5).stdout == "198.18.0.2\n"
    assert asked.run(["dig", "+short", "sum.golang.org", "AAAA"], limit=5).stdout == ""


def test_the_certificate_is_the_labs_and_nobody_elses(asked: Client) -> None:
    issuer = asked.run(
        [needed("curl"), "-sv", "-o", "/dev/null", f"https://proxy.golang.org{LIST}"], limit=5
    ).stderr
    assert "issuer: CN=golab lab authority" in issuer
    untrusted = asked.run(
        ["curl", "-sS", f"https://proxy.golang.org{LIST}"], limit=5, CURL_CA_BUNDLE="/dev/null"
    )
    assert untrusted.exit != 0


def test_every_request_is_on_record_with_what_the_rules_did_to_it(asked: Client) -> None:
    rule = {
        "name": "gone",
        "where": {"host": "goproxy.cn"},
        "do": {"respond": {"status": 410, "body": "gone\n"}},
    }
    asked.lab.edge.arm(from_data([rule]))
    try:
        assert curl(asked, f"https://goproxy.cn{LIST}") == "410 2 443"
        assert curl(asked, f"https://proxy.golang.org{LIST}") == "200 2 443"
        touched, untouched = records(asked, "http")[-2:]
        assert touched["status"] == 410
        assert [fired["rule"] for fired in touched["fired"]] == ["gone"]
        assert (untouched["status"], untouched["fired"]) == (200, [])
        assert asked.lab.edge.fired() == {"gone": 1}
    finally:
        asked.lab.edge.arm([])


def test_requests_of_one_connection_are_told_from_those_of_several(asked: Client) -> None:
    one, other = (f"https://{host}{LIST}" for host in ("proxy.golang.org", "goproxy.cn"))
    curl(asked, one, "-o", "/dev/null", one, "-o", "/dev/null", other)
    curl(asked, one)
    curl(asked, "-x", FORWARD, one)
    found = asked.lab.edge.ledger().records
    assert connections("proxy.golang.org", found) == 3
    assert connections("goproxy.cn", found) == 1
    assert times("proxy.golang.org", found) == 4
    assert times("CONNECT proxy.golang.org", found) == 1


def to_origin(client: Client) -> int:
    """Return how many connections there are to the origin, also those that have just ended."""
    rows = client.run(["cat", "/proc/net/tcp"], limit=5).stdout.splitlines()
    address = f"{int.from_bytes(socket.inet_aton(ORIGIN), 'little'):08X}:0050"
    return sum(row.split()[2] == address for row in rows[1:])


def test_the_requests_of_a_client_share_connections_to_the_origin(asked: Client) -> None:
    before = to_origin(asked)
    one_after_the_other = ["-o", "/dev/null", f"https://proxy.golang.org{LIST}"] * 20
    assert curl(asked, *one_after_the_other[2:]).count("200 2 443") == 20
    assert to_origin(asked) - before == 1
    form = ["-w", "%{http_code}\n", "-Z", "--parallel-max", "10"]
    at_once = [needed("curl"), "-s", *form, *one_after_the_other * 2]
    assert asked.run(at_once, limit=10).stdout == "200\n" * 40
    assert to_origin(asked) - before <= 11
