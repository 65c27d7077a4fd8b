"""What the edge itself failed at is on record, and nothing else is called its failure."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import Any

import pytest
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.test import tflow

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
