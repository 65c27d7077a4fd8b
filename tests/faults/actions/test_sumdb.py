"""A checksum database that lies."""

from __future__ import annotations

from pathlib import Path

from faults.goproto import signed_note
from tests.faults.clients import curl, go
from tests.faults.edge import Edge, arm
from tests.faults.origin import COBRA, answer

AT = f"/{COBRA}/@v"
LOOKUP = f"/sumdb/sum.golang.org/lookup/{COBRA}@v1.8.0"


def test_a_record_with_another_hash(edge: Edge) -> None:
    arm(edge, "{endpoint: sumdb-lookup}", "{sumdb: tampered}")
    true, false = answer(LOOKUP)[2].splitlines(), curl(edge, LOOKUP).body.splitlines()
    assert [was == now for was, now in zip(true, false, strict=True)] == [
        True,
        False,
        False,
        *[True] * 6,
    ]


def test_a_record_of_another_module(edge: Edge) -> None:
    arm(edge, "{endpoint: sumdb-lookup}", f"{{sumdb: {{substitute: {COBRA}@v1.7.0}}}}")
    assert curl(edge, LOOKUP).body == answer(LOOKUP.replace("v1.8.0", "v1.7.0"))[2]


KEY = "PRIVATE+KEY+sum.golang.org+51515be0+AfQ6MSfiJ4QaylQdK48hgCzLJQs7NAzTFFwFK4ZHBq1L"


def test_a_fork_is_signed_by_the_database(edge: Edge) -> None:
    arm(edge, "{endpoint: sumdb-lookup}", f"{{sumdb: {{forked: {KEY}}}}}")
    true, false = answer(LOOKUP)[2].decode(), curl(edge, LOOKUP).body.decode()
    records, _, head = false.partition("\n\n")
    assert records == true.partition("\n\n")[0]
    text, _, signature = head.partition("\n\n\u2014 sum.golang.org ")
    assert text.splitlines()[:2] == ["go.sum database tree", "42"]
    assert text.splitlines()[2] != true.partition("\n\n")[2].splitlines()[2]
    expected = signed_note.signer(KEY).sign(text + "\n").partition("\n\n\u2014 sum.golang.org ")[2]
    assert signature == expected


def test_a_database_that_is_down_is_fatal(edge: Edge, tmp_path: Path, go_command: str) -> None:
    arm(edge, "{endpoint: sumdb-supported}", "{respond: 500}")
    key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    seen = go(edge, tmp_path, go_command, "mod", "download", f"{COBRA}@v1.8.0", GOSUMDB=key)
    assert seen.returncode == 1
    assert "500 Internal Server Error" in seen.stderr
    assert edge.fired() == {"it": 1}
