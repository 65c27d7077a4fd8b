"""One HTTP exchange on its way past the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from faults.traffic.decision import Decision

if TYPE_CHECKING:  # actions can be loaded without mitmproxy
    from mitmproxy import http

    from faults.traffic.delivery import Step
    from faults.traffic.ledger import Record

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


@dataclass(eq=False)
class Exchange:
    """An HTTP exchange: its flow, what is known of it, and what is still to be done to it.

    Attributes:
        facts: what `where` is compared with.
        record: its record in the ledger.
        pending: decisions to be carried out on the answer.
        watching: called with the origin's answer in place, which they leave alone.
        steps: how the answer is delivered.
        closed: whether its record is complete.
        answered: whether there was an answer before the origin could be asked.
        failed: the decision that raised.
    """

    flow: http.HTTPFlow
    facts: dict[str, Any]
    record: Record
    pending: list[Decision] = field(default_factory=list)
    watching: list[Callable[[], None]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    closed: bool = False
    answered: bool = False
    failed: Decision | None = None

    @property
    def h2(self) -> bool:
        """Whether the client speaks HTTP/2."""
        return self.flow.client_conn.alpn == b"h2"

    @property
    def response(self) -> http.Response:
        """The answer; only asked for where there is one."""
        assert self.flow.response
        return self.flow.response

    def answer(
        self,
        status: int,
        body: str | bytes = b"",
        content_type: str = TEXT,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Put an answer of our own in place of the origin's, before or after asking it."""
        from mitmproxy import http

        content = body.encode() if isinstance(body, str) else body
        fields = {"Content-Type": content_type, **(headers or {})}
        self.flow.response = http.Response.make(status, content, fields)

    def is_good(self, *endpoints: str) -> bool:
        """Say whether the answer is a 200 from one of these endpoints."""
        return self.response.status_code == 200 and self.facts["endpoint"] in endpoints

    def text(self) -> str:
        """Return the answer's body as text, whatever it is."""
        return self.response.get_text(strict=False) or ""
