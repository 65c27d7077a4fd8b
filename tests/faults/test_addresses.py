"""An edge at two addresses: what is true of one need not be true of the other."""

from __future__ import annotations

import http.client

import pytest

from faults.traffic import internals
from tests.faults.clients import LIST, NAME, ask
from tests.faults.edge import OTHER, Edge, arm

HERE = "127.0.0.1"


def status(edge: Edge, address: str) -> int | None:
    """Return the status of an answer at one of the addresses; None if there is no connection."""
    connection = http.client.HTTPConnection(address, port(edge, address), timeout=20)
    try:
        connection.request("GET", LIST, headers={"Host": NAME})
        return connection.getresponse().status
    except ConnectionError:
        return None
    finally:
        connection.close()


def port(edge: Edge, address: str) -> int:
    return edge.ports["other"] if address == OTHER else edge.port


@pytest.mark.parametrize("word", ["other", OTHER, "*.9"])
def test_an_answer_at_one_address_only(edge: Edge, word: str) -> None:
    arm(edge, f"{{address: {word!r}}}", "{respond: 410}")
    assert (status(edge, HERE), status(edge, OTHER)) == (200, 410)


def test_a_connection_to_one_address_only(edge: Edge) -> None:
    arm(edge, "{address: other}", "{reset: accept}")
    assert (status(edge, HERE), status(edge, OTHER)) == (200, None)


def test_one_address_is_refused(edge: Edge) -> None:
    arm(edge, "{address: other}", "{refuse: true}")
    assert (status(edge, HERE), status(edge, OTHER)) == (200, None)
    assert edge.fired() == {"it": 1}
    edge.arm()
    edge.wait(edge.faults.settled())
    assert status(edge, OTHER) == 200


def test_a_name_leads_to_both(edge: Edge) -> None:
    arm(edge, f"{{query: {NAME}}}", "{dns: {address: [other, here]}}")
    message = ask(edge, "A")
    assert [str(record) for record in message.answers] == [OTHER, HERE]


def test_without_a_second_address_there_is_no_other(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(internals, "servers", list)
    arm(edge, f"{{query: {NAME}}}", "{dns: {address: other}}")
    assert ask(edge, "A").response_code == 2  # SERVFAIL
    (record,) = edge.records("error")
    assert record["error"] == "ValueError: there is no `other`: this edge listens at one address"
