"""How several effects on one connection come together; the clock is not waited for."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from faults.actions.connection.bandwidth import Bandwidth
from faults.traffic.decision import Decision, RuleState
from faults.traffic.shaping import Effect, ShapedWriter


class Written:
    """A writer that keeps what is written."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.closed = False
        self.done = asyncio.Event()

    def write(self, data: bytes) -> None:
        self.pieces.append(data)

    async def drain(self) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True
        self.done.set()


class Waited:
    """Waits that are over at once, and added up by rule."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    async def hold(self, rule: str, _: object, limit: float | None, **_more: object) -> None:
        assert limit is not None
        self.seconds[rule] = self.seconds.get(rule, 0.0) + limit


def sent(data: bytes, effects: list[dict[str, Any]], *, off: str = "") -> tuple[Written, Waited]:
    """Send data under effects, whose rules are called a, b and so on; `off` is switched off."""
    written, waited = Written(), Waited()

    async def send() -> None:
        writer = ShapedWriter(written, asyncio.StreamReader(), cast("Any", None))
        for name, effect in zip("abc", effects, strict=False):
            state = RuleState(name, 0, on=name != off)
            decided = Decision(state, 1, "shape", Bandwidth(rate=1), cast("Any", waited))
            writer.effects.append(Effect(decided, **effect))
        writer.write(data)
        writer.close()
        await written.done.wait()

    asyncio.run(asyncio.wait_for(send(), 10))
    assert b"".join(written.pieces) == data[: sum(map(len, written.pieces))]
    return written, waited


@pytest.mark.parametrize("rates", [(2_000, 10_000), (10_000, 2_000), (5_000, 2_000, 10_000)])
def test_of_several_bandwidths_the_smallest_wins(rates: tuple[int, ...]) -> None:
    written, waited = sent(bytes(1000), [{"rate": rate} for rate in rates])
    assert set(map(len, written.pieces)) == {100}  # bursts of 50 ms at 2,000 a second
    assert sum(waited.seconds.values()) == pytest.approx(1000 / 2_000, rel=0.1)


@pytest.mark.parametrize("off", ["a", "b"])
def test_a_bandwidth_that_is_switched_off_does_not_stop_the_other(off: str) -> None:
    _, waited = sent(bytes(1000), [{"rate": 2_000}, {"rate": 2_000}], off=off)
    assert set(waited.seconds) == {"a", "b"} - {off}
    assert sum(waited.seconds.values()) == pytest.approx(1000 / 2_000, rel=0.1)


def test_the_smallest_slices_win_and_the_smallest_limit() -> None:
    written, _ = sent(bytes(100), [{"size": 30}, {"size": 7}, {"size": 50}])
    assert set(map(len, written.pieces)) == {7, 100 % 7}
    written, _ = sent(bytes(100), [{"left": 60}, {"left": 40}])
    assert sum(map(len, written.pieces)) == 40
    assert written.closed


def test_without_an_effect_nothing_is_cut_or_waited_for() -> None:
    written, waited = sent(bytes(1000), [])
    assert (written.pieces, waited.seconds) == ([bytes(1000)], {})
