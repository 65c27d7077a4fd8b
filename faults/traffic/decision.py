"""What a rule has decided about one query, handshake or exchange."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from faults.model.action import Action

if TYPE_CHECKING:  # actions can be loaded without mitmproxy
    from mitmproxy import connection

    from faults.traffic.waits import Waits


@dataclass(eq=False)
class RuleState:
    """What changes of a rule that is armed.

    Attributes:
        on: whether it is switched on.
        seen: how many matches there were.
        hits: on how many of them it acted.
        since: when it was armed, by the monotonic clock.
        memory: what its actions remember; forgotten when it is switched.
    """

    name: str
    seed: int
    on: bool = True
    seen: int = 0
    hits: int = 0
    since: float = field(default_factory=time.monotonic)
    memory: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """A rule's decision to act, here and now.

    Attributes:
        match: the number of the match, from 1 since the rule was armed.
        word: what the action is called in rule files.
    """

    state: RuleState
    match: int
    word: str
    action: Action
    waits: Waits

    @property
    def rule(self) -> str:
        """The rule's name."""
        return self.state.name

    def draw(self, salt: str = "") -> float:
        """Return the seed's number in [0, 1) for this match."""
        return draw(self.state.seed, f"{self.rule}/{salt}", self.match)

    async def hold(
        self,
        client: connection.Client,
        limit: float | None = None,
        *,
        gone: Callable[[], bool] | None = None,
    ) -> None:
        """Wait as long as the rule acts and the client stays; see `Waits.hold`."""
        await self.waits.hold(self.rule, client, limit, gone=gone)


def draw(seed: int, name: str, match: int) -> float:
    """Return the number in [0, 1) that the seed holds for this match of this rule."""
    digest = hashlib.blake2b(f"{seed}/{name}/{match}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
