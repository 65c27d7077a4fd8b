"""What can happen to an HTTP exchange."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from faults.vocabulary.base import Action, Bytes, Example, Frozen, OneOrMany, Stage
from faults.vocabulary.fields import FieldName, FieldText, FieldValue

_BOTH = (Stage.REQUEST, Stage.RESPONSE)
_RESPONSE = (Stage.RESPONSE,)
_ANY = (Stage.TUNNEL, Stage.REQUEST, Stage.RESPONSE)
Code = Annotated[int, Field(ge=100, le=999)]


class Respond(Action):
    """Answer in the origin's place; the origin is not asked unless `where` needs its answer."""

    short: ClassVar[str] = "status"
    slot: ClassVar[str] = "answer"
    acts: ClassVar[tuple[Stage, ...]] = _ANY

    status: Code = Field(200, description="The status code.")
    body: str = Field("", description="The body, UTF-8.")
    headers: dict[FieldName, FieldValue] = Field(
        default_factory=dict, description="Headers beside Content-Type and Content-Length."
    )
    content_type: FieldText = Field("text/plain; charset=utf-8", description="The Content-Type.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: list}, do: {respond: {status: 503, body: down for maintenance}}}",
            "That answer; go shows the text of a text/plain error.",
            "Headers that a real server adds (Date, Server) are missing unless written here.",
        ),
        Example(
            "{where: {endpoint: list, status: [401, 403]}, do: {respond: {status: 200, body: ''}}}",
            "Where the origin said 401 or 403, an empty 200.",
            "Nothing of the origin's answer is left, headers included.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {respond: {status: 429, headers: {Retry-After: 30}}}}",
            "Rate limited; go does not wait and does not retry.",
            "Exactly as a rate limiter answers.",
        ),
    )


class RateLimit(Action):
    """Answer 429 Too Many Requests."""

    short: ClassVar[str] = "retry_after"
    slot: ClassVar[str] = "answer"
    acts: ClassVar[tuple[Stage, ...]] = _ANY

    retry_after: int = Field(ge=0, description="Seconds, for the Retry-After header.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip, after: 2}, do: {rate-limit: 30}}",
            "After two good answers only 429; go fails at once, whatever Retry-After says.",
            "Counts requests since arming, not per client or per second.",
        ),
    )


class Redirect(Action):
    """Send the client elsewhere."""

    short: ClassVar[str] = "to"
    slot: ClassVar[str] = "answer"
    acts: ClassVar[tuple[Stage, ...]] = _ANY

    to: FieldText = Field(
        min_length=1,
        description="A URL; one that ends in / gets the path appended. `loop`: the same URL again."
        " `http`: the same URL without TLS.",
    )
    status: Literal[301, 302, 303, 307, 308] = 302

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip}, do: {redirect: loop}}",
            "For ever to itself; go: `stopped after 10 redirects`.",
            "The same URL each time; some real loops alternate between two.",
        ),
        Example(
            "{where: {endpoint: list}, do: {redirect: http}}",
            "From https to http; go: `redirected from secure URL … to insecure URL`.",
            "As a TLS terminator whose backend builds absolute URLs.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {redirect: https://storage.invalid/}}",
            "To a host that the client cannot reach.",
            "The path is kept, the query too.",
        ),
    )


class Page(Action):
    """Answer with an HTML page and status 200, whatever was asked."""

    short: ClassVar[str] = "kind"
    slot: ClassVar[str] = "answer"
    acts: ClassVar[tuple[Stage, ...]] = _ANY

    kind: Literal["captive-portal", "login", "catch-all"] = Field(
        description="What the page is: a hotel's, a single sign-on's, or a web application's."
    )

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {host: proxy.golang.org}, do: {page: captive-portal}}",
            "200 with HTML: go reads it as an empty list, and fails loudly on .info.",
            "Real portals redirect first; go would follow and get this page.",
        ),
        Example(
            "{where: {endpoint: sumdb-supported}, do: {page: catch-all}}",
            "A page for every URL: go takes the proxy for one that serves the checksum database.",
            "As a single-page application with a fallback route.",
        ),
        Example(
            "{where: {endpoint: list}, do: {page: login}}",
            "A sign-in form.",
            "The form posts nowhere.",
        ),
    )


class Status(Action):
    """Change the status and leave the rest as it is."""

    short: ClassVar[str] = "code"
    acts: ClassVar[tuple[Stage, ...]] = _RESPONSE

    code: Code

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: list}, do: {status: 203}}",
            "The true body under another status; go takes only 200.",
            "Bodies of 204 and 304 are not sent, as HTTP demands.",
        ),
    )


class Patch(Frozen):
    """One replacement in a body."""

    find: str = Field(min_length=1)
    with_: str = ""


class Body(Action):
    """Change the answer's body; Content-Length follows."""

    short: ClassVar[str] = "make"
    acts: ClassVar[tuple[Stage, ...]] = _RESPONSE

    make: Literal["empty", "bom", "gzip"] | None = Field(
        None, description="empty; behind a byte order mark; or gzipped without saying so."
    )
    text: str | None = Field(None, description="This instead.")
    patch: Annotated[tuple[Patch, ...], OneOrMany()] | None = Field(
        None, description="Replace every occurrence."
    )
    truncate: Bytes | None = Field(None, description="Keep only so many bytes.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len([name for name in self.model_fields_set if getattr(self, name) is not None]) != 1:
            raise ValueError("needs exactly one of make (empty, bom, gzip), text, patch, truncate")
        return self

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: list}, do: {body: empty}}",
            "200 with nothing; go: no versions, exit 0.",
            "The other headers stay.",
        ),
        Example(
            "{where: {endpoint: list}, do: {body: bom}}",
            "A UTF-8 byte order mark in front; go drops the first version, silently.",
            "As files saved by some editors.",
        ),
        Example(
            "{where: {endpoint: list}, do: {body: gzip}}",
            "Compressed bytes without Content-Encoding; go reads an empty list.",
            "As a cache that forgets the header.",
        ),
        Example(
            "{where: {endpoint: list}, do: {body: {text: 'v9.9.9'}}}",
            "That text.",
            "The Content-Type stays the origin's.",
        ),
        Example(
            "{where: {endpoint: info}, do: {body: {patch: {find: v1.8.0, with: v1.7.0}}}}",
            "The origin's answer with every occurrence replaced.",
            "On the decoded body; a Content-Encoding is kept.",
        ),
        Example(
            "{where: {endpoint: list}, do: {body: {truncate: 7}}}",
            "Seven bytes, and a Content-Length that agrees: nobody can tell.",
            "As a file cut on the proxy's disk. For a cut connection see half-close.",
        ),
    )


class _Headers(Action):
    set_: dict[FieldName, FieldValue] = Field(default_factory=dict, description="Set, replacing.")
    drop: Annotated[tuple[FieldName, ...], OneOrMany()] = Field((), description="Remove.")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.set_ and not self.drop:
            raise ValueError("needs `set` or `drop`")
        return self


class RequestHeaders(_Headers):
    """Change the request's headers on their way to the origin."""

    acts: ClassVar[tuple[Stage, ...]] = (Stage.REQUEST,)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {header: Authorization}, do: {request-headers: {drop: Authorization}}}",
            "The origin answers as to a stranger.",
            "As a hop that strips credentials.",
        ),
    )


class ResponseHeaders(_Headers):
    """Change the answer's headers."""

    acts: ClassVar[tuple[Stage, ...]] = _RESPONSE

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: list}, do: {response-headers:"
            " {set: {Age: 86400, Cache-Control: 'public, max-age=604800'}}}}",
            "An answer that says it is a day old and good for a week.",
            "Go ignores both; caches between do not.",
        ),
    )


class ContentType(Action):
    """Give the answer another Content-Type."""

    short: ClassVar[str] = "type"
    acts: ClassVar[tuple[Stage, ...]] = _RESPONSE

    type: FieldText = Field(min_length=1)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip}, do: {content-type: text/html}}",
            "The true body under a wrong type; go does not look at it.",
            "Exactly that.",
        ),
    )


class Route(Action):
    """Send the request to another host: .info from A, .zip from B."""

    short: ClassVar[str] = "to"
    acts: ClassVar[tuple[Stage, ...]] = (Stage.REQUEST,)

    to: str = Field(
        pattern=r"^(https?://)?[A-Za-z0-9.-]+(:[0-9]+)?$",
        description="A host, or scheme://host:port. A bare host changes only the Host header.",
    )

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip}, do: {route: goproxy.cn}}",
            "A module put together from two proxies.",
            "Where a bare host leads is the edge's routing; with a URL the connection goes there.",
        ),
    )
