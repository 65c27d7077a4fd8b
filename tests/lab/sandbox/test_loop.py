"""The loop of an agent calls whoever watches a descriptor now."""

from __future__ import annotations

import os
from collections.abc import Callable

from lab.sandbox.agent.loop import Loop


def test_a_descriptor_that_was_closed_and_is_another_now_is_not_mistaken() -> None:
    """One process ends and the next begins in the same turn, and is given its numbers."""
    loop = Loop()
    told: list[int | str] = []
    first, second = os.pipe(), os.pipe()
    new_reading, new_writing = os.pipe()

    def exchange(mine: int, other: int) -> Callable[[], None]:
        def ready() -> None:
            told.append(mine)
            os.read(mine, 1)
            loop.forget(other)
            os.dup2(new_reading, other)
            loop.watch(other, lambda: told.append("new"))

        return ready

    loop.watch(first[0], exchange(first[0], second[0]))
    loop.watch(second[0], exchange(second[0], first[0]))
    os.write(first[1], b"x")
    os.write(second[1], b"x")
    loop.turn()
    assert len(told) == 1
    os.write(new_writing, b"x")
    loop.turn()
    assert told[1:] == ["new"]
    for descriptor in (*first, *second, new_reading, new_writing):
        os.close(descriptor)
