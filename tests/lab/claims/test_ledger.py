"""From cases to verdicts, from versions to the ledger, and how it differs from its record."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.claims.ledger import Measuring, differences, record, writable, write_record
from lab.claims.model import Claim
from lab.claims.results import Entry, Ledger, Measured, Outcome, Proven, Silence, judged, together
from lab.errors import LabError, UsageError
from lab.go.toolchain import Toolchain
from tests.lab.claims.sample import a_claim
from tests.lab.test_session import GO, OLD, FakeBackend

RECORDED = {"A01": {"1.99.0": Measured(verdict="holds", silent="silent")}}


@pytest.fixture(autouse=True)
def _no_world_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.lab.replay.fake import SPEC

    monkeypatch.setattr("lab.labs.build", lambda _: SPEC.tree)


def proofs(**outcomes: Outcome) -> list[Proven]:
    return [
        Proven(case=case, outcome=outcome, command="go", line="exit 0", reason="why")
        for case, outcome in outcomes.items()
    ]


def taken(claim: Claim, *goes: Toolchain, jobs: int = 2) -> Ledger:
    told: list[str] = []
    backend = FakeBackend()
    found = Measuring(
        [claim], backend, goes or [GO], seed=0,
        observe=lambda claim, go, result: told.append(f"{claim.id} {go} {result.verdict}"),
    ).run(jobs)  # fmt: skip
    assert all(lab.ended for lab in backend.labs)
    if not claim.untestable:
        assert sorted(told) == sorted(
            f"{claim.id} {go} {one.verdict}" for go, one in found.entries[0].by_go.items()
        )
    return found


@pytest.mark.parametrize(
    ("outcomes", "verdict", "condition"),
    [
        ({"a": "holds", "b": "holds"}, "holds", ""),
        ({"a": "refuted", "b": "refuted"}, "refuted", ""),
        ({"a": "holds", "b": "refuted", "c d": "holds"}, "partly", "true of a, “c d”; not of b"),
        ({"a": "holds", "b": "undecided"}, "undecided", "b: why"),
        ({"a": "undecided", "b": "error"}, "error", "b: why"),
    ],
)
def test_a_claim_is_true_if_it_is_in_each_case(
    outcomes: dict[str, Outcome], verdict: str, condition: str
) -> None:
    found = judged(proofs(**outcomes))
    assert (found.verdict, found.condition) == (verdict, condition)


def test_versions_that_disagree_are_named() -> None:
    by_go = {"1.21": Measured(verdict="holds"), "1.27": Measured(verdict="refuted")}
    by_go["1.24"] = by_go["1.21"]
    entry = Entry(id="A01", family="x", sources=[], says="y", by_go=by_go)
    assert entry.verdict == "depends on the version"
    assert entry.condition == "go 1.21, 1.24: holds; go 1.27: refuted"


def test_one_version_in_which_nothing_was_decided_spoils_the_verdict() -> None:
    by_go = {"1.21": Measured(verdict="holds"), "1.27": Measured(verdict="undecided")}
    entry = Entry(id="A01", family="x", sources=[], says="y", by_go=by_go)
    assert entry.verdict == "undecided"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (["silent", "-"], "silent"),
        (["loud", "loud"], "loud"),
        (["silent", "loud"], "silent or loud"),
        (["-"], "-"),
    ],
)
def test_what_is_silent_in_one_case_and_loud_in_another_is_both(
    found: list[Silence], said: Silence
) -> None:
    assert together(found) == said


def test_a_lab_that_cannot_be_started_is_an_error_of_that_claim_alone() -> None:
    def trouble(name: str) -> None:
        if name == "A01":
            raise LabError("no room")

    claims = [a_claim(), a_claim(id="A02")]
    measuring = Measuring(claims, FakeBackend(trouble), [GO], seed=0, observe=lambda *_: None)
    found = measuring.run(1).entries
    assert [(entry.verdict, entry.condition) for entry in found] == [
        ("error", "no room"),
        ("holds", ""),
    ]


def test_a_ledger_is_taken_with_each_version() -> None:
    found = taken(a_claim(cases={"a": {}, "b": {"limit": 40}}), GO, OLD)
    (entry,) = found.entries
    assert (entry.verdict, entry.silent) == ("holds", "silent")
    assert list(entry.by_go) == ["1.99.0", "1.21.13"]
    assert [proof.case for proof in entry.by_go["1.99.0"].proofs] == ["a", "b"]
    assert entry.sources == ["silent-symptoms 1"]


def test_what_lacks_a_program_is_not_testable_here_and_contradicts_nothing() -> None:
    found = taken(a_claim(needs=["go", "strace"]))
    one = found.entries[0].by_go["1.99.0"]
    assert (one.verdict, one.condition) == (
        "not testable here",
        "strace is not installed where the client runs",
    )
    assert differences(found, RECORDED) == []


def test_what_no_lab_can_decide_says_why() -> None:
    claim = a_claim(run=None, holds=None, refuted=None, where=None, do=None, untestable="no\nICMP")
    entry = taken(claim).entries[0]
    assert (entry.verdict, entry.condition) == ("not testable here", "no ICMP")


def test_another_verdict_than_the_recorded_one_is_a_difference() -> None:
    found = taken(a_claim())
    assert differences(found, RECORDED) == []
    assert differences(found, {}) == ["A01 (go 1.99.0): holds, silent, and nothing is on record"]
    other = {"A01": {"1.99.0": Measured(verdict="holds", silent="loud")}}
    assert differences(found, other) == ["A01 (go 1.99.0): holds, silent, recorded holds, loud"]
    other = {"A01": {"1.99.0": Measured(verdict="partly", condition="true of x", silent="silent")}}
    assert differences(found, other) == [
        "A01 (go 1.99.0): holds, silent, recorded partly (true of x), silent"
    ]


def test_the_record_keeps_what_was_not_measured_again(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    write_record(taken(a_claim(), GO), file)
    write_record(taken(a_claim(), OLD), file)
    found = record(file)
    assert list(found["A01"]) == ["1.21.13", "1.99.0"]
    # The same result is proved once, by the newest Go.
    assert [len(one.proofs) for one in found["A01"].values()] == [0, 1]
    write_record(taken(a_claim(needs=["strace"])), file)
    assert record(file) == found
    assert differences(taken(a_claim(), GO, OLD), found) == []


def test_a_record_that_cannot_be_read_or_written_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    file.write_text("{")
    with pytest.raises(UsageError, match="write it anew with `golab claims --record`"):
        record(file)
    missing = tmp_path / "nowhere" / "measured.json"
    with pytest.raises(UsageError, match=r"the record cannot be written: \S+: No such file"):
        writable(missing)
    with pytest.raises(UsageError, match=r"the record cannot be written: \S+: No such file"):
        write_record(taken(a_claim()), missing)
