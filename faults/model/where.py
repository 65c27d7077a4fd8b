"""`where`: which traffic a rule is about, and how each of its words is tested."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from faults.goproto import semver
from faults.goproto.urls import Endpoint
from faults.model.base import Frozen, OneOrMany, Seconds, Stage, seconds
from faults.model.globs import glob
from faults.model.http_fields import FieldName, field_text

Test = Callable[[Any], bool]


OTHER = "other"
"""The word for the second address of an edge that listens at two."""

_AUTHORITY = re.compile(
    r"(?P<scheme>[a-zA-Z]*://)?(?P<name>[^:/]*)(?P<port>:[^:/]*)?(?P<path>/.*)?"
)


def _name(pattern: str) -> str:
    """Check a glob of names; names are compared in lower case and without the root's dot."""
    found = _AUTHORITY.fullmatch(glob(pattern))
    extra = [part for part in ("scheme", "port", "path") if found and found[part]]
    if found and extra:
        hint = f"write {found['name']!r}" if found["name"] else "write a name"
        own = "".join(f"; `{part}` is a key of its own" for part in extra if part != "scheme")
        raise ValueError(
            f"{pattern!r} is not a name alone, it has a {' and a '.join(extra)}: {hint}{own}"
        )
    return pattern.lower().rstrip(".")


def _version(text: str) -> str:
    text = text.strip()
    if text.startswith((">", "<")):
        semver.within(text)
        return text
    return glob(text)


_CLASS = re.compile(r"[1-9]xx")
_AGE = re.compile(r"(?P<op>>=|<=|>|<)\s*(?P<bound>\S+)")


def _status(value: int | str) -> int | str:
    if isinstance(value, int) and 100 <= value <= 999:
        return value
    if isinstance(value, str) and _CLASS.fullmatch(value):
        return value
    raise ValueError(f"{value!r} is not a status; write 404 or a class such as 5xx")


def _age(text: str) -> str:
    found = _AGE.fullmatch(text)
    if not found:
        raise ValueError(f"bad age {text!r}: write a comparison such as '>5s' or '<200ms'")
    bound = found["bound"]
    seconds(float(bound) if re.fullmatch(r"\d+(\.\d+)?", bound) else bound)
    return text


def _or_text(schema: dict[str, Any]) -> None:
    schema["anyOf"].append({"type": "string"})


_MAX_LENGTH = 1000
Pattern = Annotated[str, Field(max_length=_MAX_LENGTH)]
Glob = Annotated[Pattern, AfterValidator(glob)]
FieldGlob = Annotated[Glob, AfterValidator(field_text)]
Name = Annotated[Pattern, AfterValidator(_name)]
Names = Annotated[tuple[Name, ...], OneOrMany()]
Globs = Annotated[tuple[Glob, ...], OneOrMany()]
Versions = Annotated[tuple[Annotated[Pattern, AfterValidator(_version)], ...], OneOrMany()]
Methods = Annotated[tuple[Annotated[str, Field(pattern="^[A-Z]+$")], ...], OneOrMany()]
Statuses = Annotated[tuple[Annotated[int | str, AfterValidator(_status)], ...], OneOrMany()]
Count = Annotated[int, Field(ge=0)]
QueryType = Literal["A", "AAAA", "CNAME", "HTTPS", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]


class Where(Frozen):
    """Which traffic. A list means any of its values; several keys mean all of them.

    Globs: `*` stands for any text, slashes included. Counting (`nth` and so on) counts what the
    rest of `where` matches, from 1, since the rule was armed.
    """

    client: Globs | None = Field(None, description="The client's address.")
    port: Annotated[tuple[int, ...], OneOrMany()] | None = Field(
        None, description="The port of the edge that the client dialled."
    )
    address: Globs | None = Field(
        None,
        description="The address that the client dialled; `other`: the second of the edge.",
    )
    age: Annotated[Pattern, AfterValidator(_age)] | None = Field(
        None, description="The connection's age, such as '>5s'."
    )
    query: Names | None = Field(None, description="DNS: the name asked for.")
    query_type: Annotated[tuple[QueryType, ...], OneOrMany()] | None = Field(
        None, description="DNS: the type asked for."
    )
    sni: Names | None = Field(None, description="TLS: the server name in the ClientHello.")
    alpn: Annotated[tuple[str, ...], OneOrMany()] | None = Field(
        None, description="TLS: a protocol the client offers, such as h2."
    )
    host: Names | None = Field(None, description="HTTP: the host the client meant.")
    path: Globs | None = Field(None, description="HTTP: the path, decoded, without the query.")
    method: Methods | None = Field(
        None, description="HTTP: the method. CONNECT stands alone: such rules see nothing else."
    )
    header: dict[FieldName, FieldGlob | None] | None = Field(
        None,
        description="HTTP: request headers; null: the header is absent. A bare name: it is there.",
        json_schema_extra=_or_text,
    )
    endpoint: Annotated[tuple[Endpoint, ...], OneOrMany()] | None = Field(
        None, description="Go: what is asked for."
    )
    module: Globs | None = Field(None, description="Go: the module path, capitals decoded.")
    version: Versions | None = Field(
        None, description="Go: a version, a glob, or a range such as '>=v1.2.0 <v2'."
    )
    status: Statuses | None = Field(None, description="The origin's status; 5xx is a class.")
    content_type: Globs | None = Field(
        None, description="The origin's Content-Type, without its parameters."
    )
    nth: Annotated[tuple[Count, ...], OneOrMany()] | None = Field(
        None, description="Only these matches. Like all counts, 0 is never."
    )
    first: Count | None = Field(None, description="Only so many matches.")
    after: Count | None = Field(
        None, description="Leave so many matches alone first; the other counts begin after them."
    )
    every: Count | None = Field(None, description="Every so-many-th match; 1 is each.")
    chance: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="The probability; the seed decides for the k-th match."
    )
    per: Literal["connection"] | None = Field(
        None, description="Count the matches of each connection by themselves."
    )
    until: Seconds | str | None = Field(
        None, description="Seconds since arming; or the name of a switch, until it is thrown."
    )

    @field_validator("header", mode="before")
    @classmethod
    def _present(cls, value: Any) -> Any:
        return {value: "*"} if isinstance(value, str) else value

    @field_validator("until", mode="before")
    @classmethod
    def _time_or_switch(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return seconds(value)
        except ValueError:
            if re.fullmatch(r"[a-z][a-z0-9-]*", value):
                return value
            raise

    @field_validator("method")
    @classmethod
    def _connect_alone(cls, methods: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if methods and "CONNECT" in methods and len(methods) > 1:
            raise ValueError("CONNECT opens a tunnel and stands alone; make two rules")
        return methods

    @model_validator(mode="after")
    def _per_what(self) -> Self:
        if self.per and not self._counting:
            raise ValueError("per needs what is counted: nth, first, after, every or chance")
        return self

    @property
    def _counting(self) -> bool:
        counting = (self.nth, self.first, self.after, self.every, self.chance)
        return any(value is not None for value in counting)

    def stages(self) -> frozenset[Stage]:
        """Return the stages at which there is traffic of this kind, and all that is asked."""
        tunnel = self.method == ("CONNECT",)
        return frozenset(
            stage
            for stage, known in FIELDS_AT.items()
            if self.words_used() <= known and (stage is Stage.TUNNEL) is tunnel
        )

    @property
    def counts(self) -> bool:
        """Say whether it depends on matches of other connections, or on when it was armed."""
        return (self._counting and self.per is None) or self.until is not None

    def words_used(self) -> frozenset[str]:
        """Return the traffic words used, as the file spells them."""
        return self._asked

    @cached_property
    def _asked(self) -> frozenset[str]:
        return frozenset(
            field.alias or name
            for name, field in type(self).model_fields.items()
            if (field.alias or name) in TESTS and getattr(self, name) is not None
        )


def _any_glob(patterns: Iterable[str]) -> Test:
    expressions = [re.compile(fnmatch.translate(pattern)) for pattern in patterns]
    return lambda value: any(expression.match(value) for expression in expressions)


def _any_name(patterns: Iterable[str]) -> Test:
    test = _any_glob(patterns)
    return lambda names: any(map(test, names))


def _any_value(values: Iterable[Any]) -> Test:
    return frozenset(values).__contains__


def version_test(patterns: Iterable[str]) -> Test:
    """Compile versions, globs and ranges to a test: any of them suffices."""
    tests = [semver.within(text) if text[0] in "<>" else _any_glob([text]) for text in patterns]
    return lambda version: bool(version) and any(test(version) for test in tests)


def no_version(patterns: Collection[str] | None) -> bool:
    """Say whether all of these are ranges that no version can be in."""
    return bool(patterns) and all(
        text[0] in "<>" and semver.impossible(text) for text in patterns or ()
    )


def _any_status(statuses: Iterable[int | str]) -> Test:
    known = {str(status) for status in statuses}
    return lambda status: str(status) in known or f"{status // 100}xx" in known


def _older(text: str) -> Test:
    found = _AGE.fullmatch(text)
    assert found
    bound = found["bound"]
    limit = float(seconds(bound) if bound[-1].isalpha() else bound)
    return (lambda age: age > limit) if found["op"].startswith(">") else (lambda age: age < limit)


def _overlap(values: Iterable[str]) -> Test:
    wanted = frozenset(values)
    return lambda offered: not wanted.isdisjoint(offered)


def _headers(wanted: dict[str, str | None]) -> Test:
    tests = [(name, None if text is None else _any_glob([text])) for name, text in wanted.items()]

    def test(headers: Any) -> bool:
        return all(
            name not in headers if matches is None else name in headers and matches(headers[name])
            for name, matches in tests
        )

    return test


TESTS: dict[str, Callable[[Any], Test]] = {
    "client": _any_glob,
    "port": _any_value,
    "address": _any_name,
    "age": _older,
    "query": _any_glob,
    "query-type": _any_value,
    "sni": _any_glob,
    "alpn": _overlap,
    "host": _any_glob,
    "path": _any_glob,
    "method": _any_value,
    "header": _headers,
    "endpoint": _any_value,
    "module": _any_glob,
    "version": version_test,
    "status": _any_status,
    "content-type": _any_glob,
}
"""How each traffic word is tested: from what the rule says to a test of what the traffic has."""

UNCACHED = frozenset({"age", "header"})
"""Words whose values are too many or too changing to remember the outcome of a test."""

_CONNECTION = frozenset({"client", "port", "address", "age"})
_HELLO = _CONNECTION | {"sni", "alpn"}
_TUNNEL = _CONNECTION | {"host", "method", "header"}
_REQUEST = _HELLO | {"host", "path", "method", "header", "endpoint", "module", "version"}
FIELDS_AT: dict[Stage, frozenset[str]] = {
    Stage.CONNECT: _CONNECTION,
    Stage.QUERY: _CONNECTION | {"query", "query-type"},
    Stage.HELLO: _HELLO,
    Stage.TUNNEL: _TUNNEL,
    Stage.REQUEST: _REQUEST,
    Stage.RESPONSE: _REQUEST | {"status", "content-type"},
}
"""The traffic words that are known at each stage."""
