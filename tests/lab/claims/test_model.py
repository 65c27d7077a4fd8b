"""What a file of claims may say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lab.claims.load import DATA, families, load, select
from lab.errors import ScenarioError, UsageError
from lab.spec.sources import articles
from tests.lab.claims.sample import SHOWN, a_claim


def test_a_case_takes_from_the_claim_what_it_does_not_say_itself() -> None:
    claim = a_claim(
        client={"env": {"GOPROXY": "https://goproxy.cn", "A": "b"}},
        cases={"one": {}, "other": {"client": {"env": {"A": "c"}}, "holds": SHOWN, "limit": 3}},
    )
    one, other = (case.proof for case in claim.replays)
    assert one.client.env == {"GOPROXY": "https://goproxy.cn", "A": "b"}
    assert other.client.env == {"GOPROXY": "https://goproxy.cn", "A": "c"}
    assert (one.limit, other.limit) == (20, 3)
    assert other.holds
    assert other.holds.stdout == "^cobra v1 v2$"
    assert [rule.name for rule in one.rules] == ["fault"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"run": None}, "say either `run` or `scenario`"),
        ({"scenario": "stale-list"}, "say either `run` or `scenario`"),
        ({"refuted": None}, "and if it is `refuted`"),
        ({"cases": {"x y": {"holds": None}}}, "case 'x y': say what is seen"),
        ({"untestable": "no Windows here"}, "`untestable` has no replay"),
        ({"id": "a1"}, "String should match pattern"),
    ],
)
def test_a_claim_that_nothing_could_decide_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        a_claim(**changes)


def test_a_mistake_is_told_by_its_place(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    entry = "  - {id: A01, says: x, untestable: y, sources: [{article: nowhere}]}\n"
    file.write_text(f"family: x\ntitle: X\nclaims:\n{entry}{entry}")
    with pytest.raises(ScenarioError) as caught:
        load(file)
    known = ", ".join(sorted(articles()))
    assert [problem.rpartition("/")[2] for problem in caught.value.problems] == [
        f"x.yaml:4:59: unknown article 'nowhere'; one of {known}",
        "x.yaml:5:10: A01 is there twice",
        f"x.yaml:5:59: unknown article 'nowhere'; one of {known}",
    ]


def test_each_letter_is_a_family_whose_claims_are_numbered_without_a_gap() -> None:
    letters = []
    for family in families():
        ids = [claim.id for claim in family.claims]
        letters.append(ids[0][0])
        assert ids == [f"{ids[0][0]}{number:02}" for number in range(1, len(ids) + 1)]
    assert letters == list("ABCDEFG")
    assert sum(len(family.claims) for family in families()) == 136
    assert {f"{family.family}.yaml" for family in families()} == {
        p.name for p in DATA.glob("*.yaml")
    }


def test_claims_are_found_by_id_and_by_family() -> None:
    assert [claim.id for claim in select(["B02", "A01"], None)] == ["B02", "A01"]
    assert {claim.id[0] for claim in select([], "patterns")} == {"C"}
    with pytest.raises(UsageError, match="no claim 'A99'"):
        select(["A99"], None)
    with pytest.raises(UsageError, match="no claim 'A01'"):
        select(["A01"], "patterns")
    with pytest.raises(UsageError, match="no family 'pattern'; did you mean 'patterns'"):
        select([], "pattern")
