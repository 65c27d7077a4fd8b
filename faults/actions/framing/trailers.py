"""Sends trailers."""

from pydantic import Field

from faults.actions.framing._chunks import as_chunks
from faults.model.action import Action, Detail, Example
from faults.model.http_fields import FieldName, FieldValue
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Trailers(Action):
    """Send trailers after the body."""

    short = "fields"
    slot = "delivery"
    order = 30

    fields: dict[FieldName, FieldValue] = Field(min_length=1)

    async def on_delivery(self, decision: Decision, exchange: Exchange) -> Detail:
        """Send trailers."""
        from mitmproxy import http

        from faults.traffic import delivery

        if exchange.flow.request.method == "HEAD":
            return None
        fields = {name: str(value) for name, value in self.fields.items()}
        if exchange.h2:
            pairs = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
            exchange.response.trailers = http.Headers(pairs)
        else:
            as_chunks(exchange.response)
            lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            last = delivery.Raw(f"0\r\n{lines}\r\n".encode())
            exchange.steps = [*delivery.without_end(exchange.steps), last, delivery.Framed()]
        return {"fields": sorted(fields)}

    examples = (
        Example(
            "{where: {endpoint: list}, do: {trailers: {fields: {X-Checksum: wrong}}}}",
            "Chunked on HTTP/1.1, a HEADERS frame at the end on HTTP/2.",
            "Not announced in a Trailer header; go ignores them.",
        ),
    )
