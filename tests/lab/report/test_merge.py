"""Reports of parts, put together: all of them, each run once, and the same as of the whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.errors import UsageError
from lab.report import json_report
from lab.report.merge import merged
from lab.results.model import Report, RunResult, repeated, totals
from tests.lab.matrix.sample import a_report, a_result


def runs() -> list[RunResult]:
    found = [a_result(f"s{n}", family="abc"[n % 3]) for n in range(7)]
    found[3] = a_result("s3", family="a", verdict="changed", reason="exit 0")
    found[5] = a_result("s5", family="c", kind="control", false_alarms=["x"])
    return sorted(found, key=lambda run: (run.family, run.name))


def parts(of: int = 3, **changes: Any) -> dict[Path, Report]:
    return {
        Path(f"{n}.json"): a_report(*runs()[n - 1 :: of], shard=f"{n}/{of}", **changes)
        for n in range(1, of + 1)
    }


def test_the_parts_are_what_the_whole_would_be() -> None:
    assert merged(parts()) == a_report(*runs())
    assert merged(dict(reversed(parts().items()))) == a_report(*runs())


def test_the_time_is_from_the_first_start_to_the_last_end() -> None:
    late = a_report(a_result("late"), started="2026-11-21T20:01:00Z", seconds=30.0)
    whole = merged({Path("a"): a_report(a_result("early"), seconds=70.0), Path("b"): late})
    assert (whole.started, whole.seconds) == ("2026-11-21T20:00:00Z", 90.0)
    assert whole.totals.seconds == 90.0


def test_versions_and_repetitions_are_compared_over_all_parts() -> None:
    old = a_result("s", go="1.21.13", verdict="changed", reason="x")
    found = merged({Path("a"): a_report(a_result("s")), Path("b"): a_report(old)})
    assert [one.verdicts for one in found.compared] == [
        {"1.27.3": "reproduced", "1.21.13": "changed"}
    ]
    counted = [repeated(a_result(name), {"reproduced": 4, "error": 1}) for name in ("x", "y")]
    both = {
        Path(one.name): a_report(
            a_result(one.name), a_result(one.name, verdict="error"), repeated=[one]
        )
        for one in counted
    }
    whole = merged(both)
    assert (whole.totals.runs, whole.totals.error, len(whole.runs)) == (10, 2, 4)
    assert whole.repeated == counted


def test_a_control_that_was_repeated_is_counted_once() -> None:
    alarmed = a_result("c", kind="control", false_alarms=["x"])
    again = a_result("c", kind="control", false_alarms=["x"], verdict="changed")
    counted = [repeated(alarmed, {"reproduced": 2, "changed": 1})]
    whole = merged({Path("a"): a_report(alarmed, again, repeated=counted)})
    assert (whole.totals.runs, whole.totals.controls, whole.totals.false_alarms) == (3, 1, 1)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_any_part_that_is_missing_is_named(number: int) -> None:
    found = parts()
    del found[Path(f"{number}.json")]
    with pytest.raises(UsageError, match=f"missing: {number}/3$"):
        merged(found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"shard": ""}, "1.json is shard 1/3; missing: 2/3"),
        ({"seed": 8}, "1.json has seed 7, 2.json has seed 8: not parts of the same runs"),
        ({"golab": "0.2.0"}, "1.json has golab 0.1.0, 2.json has golab 0.2.0"),
        ({"backend": "docker"}, "1.json has backend local, 2.json has backend docker"),
        ({"shard": "2/4"}, "missing: 2/3"),
        ({"started": "yesterday"}, "2.json is no report of this golab: from 'yesterday' for 2 s"),
        ({"seconds": float("nan")}, "2.json is no report of this golab: from .* for nan s"),
        ({"seconds": 1e300}, "2.json is no report of this golab"),
        ({"runs": runs()[:1]}, r"s0 \(go 1.27.3\) is in 1.json and in 2.json"),
    ],
)
def test_what_is_not_of_one_whole_is_refused(changes: dict[str, Any], said: str) -> None:
    found = parts()
    second = Path("2.json")
    found[second] = found[second].model_copy(update=changes)
    with pytest.raises(UsageError, match=said):
        merged(found)


def test_what_was_not_finished_stays_so() -> None:
    found = parts()
    first = Path("1.json")
    found[first] = found[first].model_copy(update={"unfinished": ["late"]})
    assert merged(found).unfinished == ["late"]
    assert merged(found).totals == totals(runs(), 2.0)


@pytest.mark.parametrize("shard", ["0/0", "1/0", "0/1"])
def test_a_shard_of_nothing_is_none(shard: str) -> None:
    with pytest.raises(ValueError, match="String should match pattern"):
        a_report(shard=shard)


def test_times_with_and_without_a_zone_are_compared() -> None:
    naive = a_report(a_result("late"), started="2100-11-21T20:01:00")
    whole = merged({Path("a"): a_report(a_result("early")), Path("b"): naive})
    assert whole.seconds > 60


def test_a_report_without_end_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    with file.open("wb") as opened:
        opened.truncate(3 << 30)
    with pytest.raises(UsageError, match="longer than 256 MB"):
        json_report.read(file)
