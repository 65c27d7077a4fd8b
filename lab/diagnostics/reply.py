"""What a request that is made as go makes it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.go.settings import redacted

NOT_THERE = (404, 410)
"""The statuses that mean "not here" to go, and no others (web/api.go)."""
OK = 200


@dataclass(frozen=True)
class Reply:
    """What go would get.

    `urls` are all that were asked, the first as wanted and the others where that was redirected
    to. `error` is why there is no whole answer, '' if there is one. Times in seconds: `first` to
    the first byte, `wait` of that for servers that had been asked, `seconds` in all, `pause` the
    longest wait within the body.
    """

    urls: tuple[str, ...]
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""
    stage: str = "done"
    first: float = 0.0
    seconds: float = 0.0
    pause: float = 0.0
    protocol: str = ""
    cut: bool = False
    wait: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether go takes it for an answer: 200, and all of it."""
        return not self.error and self.status == OK

    @property
    def not_there(self) -> bool:
        """Whether go takes it for "not here", and goes on to the next entry."""
        return not self.error and self.status in NOT_THERE

    @property
    def refused(self) -> bool:
        """Whether it is about who asks."""
        return not self.error and self.status in (401, 403, 407)

    @property
    def url(self) -> str:
        """Who answered, without a password."""
        return redacted(self.urls[-1])

    @property
    def said(self) -> str:
        """What came, in a few words."""
        if self.error:
            status = f"HTTP {self.status}, then " if self.status else ""
            return f"{status}{self.error}"
        return f"HTTP {self.status}"

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")
