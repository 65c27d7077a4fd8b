"""What the edge itself failed at is on record, and nothing else is called its failure."""

from __future__ import annotations

import asyncio
import errno
import http.client
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.test import tflow

from faults import protocol
from faults.traffic.ledger import Ledger
from lab.edge.failures import Failures

ORIGIN = ("198.18.0.3", 80)


def failed(error: str, address: tuple[str, int] = ORIGIN) -> list[dict[str, Any]]:
    ledger = Ledger()
    server = tflow.tserver_conn()
    server.address, server.error = address, error
    Failures(ledger, ORIGIN).server_connect_error(
        ServerConnectionHookData(server, tflow.tclient_conn())
    )
    return ledger.snapshot()


@pytest.mark.parametrize(
    ("error", "part", "said"),
    [
        ("[Errno 24] Too many open files", "edge", "too many open files"),
        ("[Errno 12] Cannot allocate memory", "edge", "cannot allocate memory"),
        ("[Errno 111] Connect call failed ('198.18.0.3', 80)", "origin", "connection refused"),
        ("[Errno 104] Connection reset by peer", "origin", "connection reset by peer"),
    ],
)
def test_an_origin_that_cannot_be_reached_names_the_part(error: str, part: str, said: str) -> None:
    (record,) = failed(error)
    assert (record["kind"], record["part"], record["error"]) == ("error", part, said)


def test_a_client_that_hung_up_and_what_is_no_origin_are_no_failures() -> None:
    assert failed("connection cancelled") == []
    assert failed("[Errno 111] Connect call failed", ("192.0.2.1", 80)) == []


def test_connections_that_cannot_be_accepted_are_on_record() -> None:
    ledger, others = Ledger(), list[object]()

    async def tried() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: others.append(context["exception"]))
        Failures(ledger, ORIGIN).running()
        for number in (errno.EMFILE, errno.ECONNRESET):
            problem = OSError(number, os.strerror(number))
            loop.call_exception_handler({"message": "socket.accept()", "exception": problem})

    asyncio.run(tried())
    (record,) = ledger.snapshot()
    assert (record["part"], record["do"]) == ("edge", "accept")
    assert record["error"] == "too many open files"
    assert [str(problem) for problem in others] == ["[Errno 104] Connection reset by peer"]


ADDRESS = "127.0.0.77"
NOBODY = "127.0.0.99"
EDGE = """
import sys
from lab.sandbox.programs import run
run("edge", int(sys.argv[1]), int(sys.argv[1]))
"""


def test_a_running_edge_tells_that_its_origin_is_gone(tmp_path: Path) -> None:
    try:
        socket.create_server((ADDRESS, 80)).close()
    except OSError as error:
        pytest.skip(f"an edge listens on port 80 and others below 1024: {error.strerror}")
    ours, theirs = socket.socketpair()
    ours.settimeout(60)
    number = str(theirs.fileno())
    with (
        subprocess.Popen([sys.executable, "-c", EDGE, number], pass_fds=[int(number)]) as process,
        protocol.Client(ours) as edge,
    ):
        theirs.close()
        try:
            edge.call(
                "start",
                address=ADDRESS,
                names=["goproxy.cn"],
                origin=NOBODY,
                home=str(tmp_path),
                token="",
            )
            connection = http.client.HTTPConnection(ADDRESS, 80, timeout=20)
            connection.request("GET", "/", headers={"Host": "goproxy.cn"})
            assert connection.getresponse().status == 502
            records = edge.call("ledger")["records"]
        finally:
            process.kill()
    (record,) = [record for record in records if record["kind"] == "error"]
    assert (record["part"], record["error"]) == ("origin", "connection refused")
