"""`golab claims`, and that docs/claims.md says what is on record."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lab.claims.load import families
from lab.go.toolchain import DEFAULT
from lab.report.visible import visible
from tests.lab.golab import golab, interrupted

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_says_what_is_on_record() -> None:
    page = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    assert golab("claims", "--recorded", "--markdown").stdout == page
    assert visible(page) == page  # also where a rule answers with bytes


def test_every_claim_is_on_record_with_a_verdict_and_a_proof() -> None:
    found = json.loads(golab("claims", "--recorded", "--json").stdout)
    assert [entry["id"] for entry in found["entries"]] == [
        claim.id for family in families() for claim in family.claims
    ]
    for entry in found["entries"]:
        assert {"1.21.13", "1.24.11", DEFAULT} <= {*entry["by_go"]}, entry["id"]
        for one in entry["by_go"].values():
            assert one["verdict"] in ("holds", "refuted", "partly", "not testable here")
        newest = entry["by_go"][DEFAULT]
        assert bool(newest["proofs"]) == (newest["verdict"] != "not testable here"), entry["id"]
        assert all(proof["line"] for proof in newest["proofs"]), entry["id"]


def test_claims_are_measured_and_compared_with_the_record() -> None:
    done = golab("claims", "A02", "E20", "B09", "--go", DEFAULT)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["A02", "refuted", "loud"] in [row[:3] for row in rows]
    assert ["E20", "holds", "silent"] in [row[:3] for row in rows]  # a case is a scenario's arm
    assert ["B09", "not", "testable", "here"] in [row[:4] for row in rows]
    assert [line.partition(": ")[2].partition(": ")[0] for line in done.stderr.splitlines()] == [
        "1 of 2",
        "2 of 2",
    ]


def test_an_interrupt_leaves_what_was_measured(tmp_path: Path) -> None:
    claims = ["claims", "A02", "E20", "--jobs", "1", "--go", DEFAULT]
    done, rest = interrupted(*claims, cwd=tmp_path, after="1 of 2: ")
    assert done.returncode == 130
    assert rest == "golab: interrupted; nothing is left behind\n"
    assert len(re.findall(r"(?m)^(A02|E20) ", done.stdout)) == 1


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["A99"], "no claim 'A99'"),
        (["--json", "--markdown"], "say --json or --markdown, but not both"),
        (["--record", "--recorded"], "say --record or --recorded, but not both"),
        (["--go", "banana"], "'banana' is no Go version"),
    ],
)
def test_wrong_usage_is_one_line(args: list[str], said: str) -> None:
    done = golab("claims", *args)
    assert done.returncode == 2
    assert done.stderr.startswith(f"golab: {said}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.whole
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("version", [DEFAULT, "1.21.13"])
def test_every_claim_comes_to_what_is_on_record(version: str, index: None) -> None:
    done = golab("claims", "--go", version, limit=1400)
    assert done.returncode == 0, done.stderr
