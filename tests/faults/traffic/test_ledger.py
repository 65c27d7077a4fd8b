"""The ledger forgets its oldest records, and still knows how many there were."""

from __future__ import annotations

import pytest

from faults.traffic import ledger
from faults.traffic.ledger import Ledger, subject


def test_only_what_is_new_also_after_the_oldest_have_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "KEPT", 3)
    kept = Ledger()
    for number in range(5):
        kept.open("tcp", port=number)
    assert kept.opened == 5
    assert [record["port"] for record in kept.snapshot()] == [2, 3, 4]
    for after, ports in {0: [2, 3, 4], 2: [2, 3, 4], 3: [3, 4], 5: [], 9: []}.items():
        assert [record["port"] for record in kept.snapshot(after)] == ports


def test_a_copy_is_a_copy() -> None:
    kept = Ledger()
    record = kept.open("tcp", port=1)
    kept.snapshot()[0]["fired"].append("mine")
    assert record["fired"] == []


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"kind": "tcp", "port": 443}, "port 443"),
        ({"kind": "dns", "qtype": "A", "qname": "a.b"}, "A a.b"),
        ({"kind": "tls", "sni": "a.b"}, "a handshake for a.b"),
        ({"kind": "tls", "sni": ""}, "a handshake for no name"),
        (
            {"kind": "http", "method": "GET", "scheme": "https", "host": "a.b", "path": "/c"},
            "GET https://a.b/c",
        ),
    ],
)
def test_what_a_record_is_about(record: ledger.Record, said: str) -> None:
    assert subject(record) == said
