"""Parts of the runs: all of them, each once, alike in size, the same every time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.errors import UsageError
from lab.workers.shards import MOST, Shard, shard, share
from tests.lab.replay.fake import a_run


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 9))
def test_every_run_is_in_one_part_and_the_parts_are_alike(slow: list[bool], of: int) -> None:
    plain = a_run()
    runs = [
        plain.model_copy(
            update={"scenario": plain.scenario.model_copy(update={"id": f"r{n}", "slow": one})}
        )
        for n, one in enumerate(slow)
    ]
    parts = [share(runs, Shard(n + 1, of)) for n in range(of)]
    assert sorted(run.name for part in parts for run in part) == sorted(run.name for run in runs)
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    waiting = [sum(run.scenario.slow for run in part) for part in parts]
    assert max(waiting) - min(waiting) <= 1
    for part in parts:
        assert part == sorted(part, key=runs.index), "in their order"
    assert parts == [share(list(runs), Shard(n + 1, of)) for n in range(of)]


@pytest.mark.parametrize(
    "text", ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2", f"1/{MOST + 1}", "²/3"]
)
def test_what_is_no_part_is_a_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"write I/N, such as 2/4"):
        shard(text)
    assert str(shard("2/4")) == "2/4"
