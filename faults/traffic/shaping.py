"""Shapes the bytes on their way to a client: bandwidth, latency, slices, limits, silence.

A shaped connection's writer is wrapped below TLS and HTTP, so it works inside both and on
kept-alive connections. Each piece of data carries the effects that were on when it was written.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field
from typing import Any

from mitmproxy import connection

from faults.traffic import internals, sockets
from faults.traffic.decision import Decision

_BURST = 0.05


@dataclass(eq=False)
class Effect:
    """What one action of one rule does to all that one connection is sent.

    Attributes:
        rate: bytes per second.
        delay: seconds by which bytes are late, give or take `jitter`.
        size: bytes per piece, with `pause` seconds between two.
        left: bytes that still leave before the connection is closed.
        silent: whether nothing leaves.
    """

    decision: Decision
    rate: int | None = None
    delay: float | None = None
    jitter: float = 0.0
    size: int | None = None
    pause: float = 0.0
    left: int | None = None
    silent: bool = False
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.decision.draw("shape"))  # noqa: S311 - not for secrets

    @property
    def on(self) -> bool:
        """Whether the rule is still armed and switched on."""
        return self.decision.state.on


class ShapedWriter:
    """Stands where a client's StreamWriter stood, and writes later, slower or less."""

    def __init__(self, inner: Any, reader: Any, client: connection.Client) -> None:
        self.inner = inner
        self.reader = reader
        self.client = client
        self.effects: list[Effect] = []
        self._queue: asyncio.Queue[tuple[float, bytes, tuple[Effect, ...]] | None] = asyncio.Queue()
        self._closing = False
        self._task = asyncio.create_task(self._pump())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def write(self, data: bytes) -> None:
        """Queue data with the effects of this moment."""
        self._queue.put_nowait((time.monotonic(), data, tuple(self.effects)))

    def is_closing(self) -> bool:
        """Say whether close was asked for, or has happened."""
        return self._closing or self.inner.is_closing()

    def write_eof(self) -> None:
        """Send FIN once everything queued has left."""
        self._queue.put_nowait(None)

    def close(self) -> None:
        """Close once everything queued has left."""
        self._closing = True
        self._queue.put_nowait(None)

    async def _pump(self) -> None:
        with contextlib.suppress(ConnectionError):
            while not self.inner.is_closing() and (item := await self._queue.get()):
                await self._send(*item)
        if self._closing:
            self.inner.close()
        elif not self.inner.is_closing():
            self.inner.write_eof()

    async def _send(self, written: float, data: bytes, effects: tuple[Effect, ...]) -> None:
        size, pause, rate = len(data), 0.0, 0
        for effect in effects:
            if not effect.on:
                continue
            if effect.silent:
                await self._wait(effect, None)
            if effect.delay is not None:
                late = effect.delay + effect.jitter * (2 * effect.random.random() - 1)
                await self._wait(effect, written + late - time.monotonic())
            if effect.rate is not None:
                rate = min(rate or effect.rate, effect.rate)
                size = min(size, max(1, int(effect.rate * _BURST)))
            if effect.size is not None:
                size, pause = min(size, effect.size), effect.pause
        for start in range(0, len(data), max(size, 1)):
            if self.inner.is_closing():
                return
            piece = _within(data[start : start + size], effects)
            began = time.monotonic()
            self.inner.write(piece)
            await self.inner.drain()
            if any(effect.on and effect.left == 0 for effect in effects):
                self._closing = True
                self.inner.close()
                return
            spent = time.monotonic() - began
            last = start + size >= len(data)
            rest = max(len(piece) / rate - spent if rate else 0.0, 0.0 if last else pause)
            for effect in effects:
                if rest > 0 and effect.on and (effect.rate or effect.size):
                    await self._wait(effect, rest)
                    break

    async def _wait(self, effect: Effect, limit: float | None) -> None:
        if effect.on and (limit is None or limit > 0):
            await effect.decision.hold(self.client, limit, gone=self._gone)

    def _gone(self) -> bool:
        return self.inner.is_closing() or internals.has_ended(self.reader)


def _within(piece: bytes, effects: tuple[Effect, ...]) -> bytes:
    """Cut a piece to what the data limits leave, and count it."""
    for effect in effects:
        if effect.on and effect.left is not None:
            piece = piece[: effect.left]
    for effect in effects:
        if effect.left is not None:
            effect.left -= len(piece)
    return piece


def shape(client: connection.Client, effect: Effect) -> bool:
    """Let an effect work on everything this client is sent; False without a connection."""
    io = internals.transport(client)
    if io is None or io.writer is None:
        return False
    out: Any = io.writer
    if not isinstance(out, ShapedWriter):
        out = ShapedWriter(out, io.reader, client)
        io.writer = out
    out.effects.append(effect)
    return True


def unshape(client: connection.Client, effect: Effect) -> None:
    """End an effect for what is written from now on."""
    out = sockets.writer(client)
    if isinstance(out, ShapedWriter) and effect in out.effects:
        out.effects.remove(effect)
