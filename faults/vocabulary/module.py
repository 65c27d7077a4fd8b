"""What can happen to Go modules: list, info, mod, zip and the checksum database."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from faults.vocabulary.base import Action, Bytes, Example, OneOrMany, Seconds, Stage
from faults.where import Versions

_RESPONSE = (Stage.RESPONSE,)


def _module(path: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~/-]+", path):
        raise ValueError(f"bad module path {path!r}: write it out as in go.mod, without globs")
    return path


class StaleList(Action):
    """Serve `@v/list` and `@latest` as they were before some versions were published.

    When `@latest` names a version that is gone, the newest version left takes its place, with the
    origin's own .info of that version; with none left, 404. The origin is asked for the list and
    the .info files that this needs.
    """

    short: ClassVar[str] = "without"
    acts: ClassVar[tuple[Stage, ...]] = _RESPONSE
    needs: ClassVar[frozenset[str]] = frozenset({"list", "latest"})

    without: Versions = Field(
        (), description="Versions not known yet; globs and ranges such as `>=v1.8.0`."
    )
    as_of: AwareDatetime | None = Field(
        None, description="Versions whose .info has a later Time are not known yet."
    )
    replicas: int = Field(
        1, ge=1, description="Of this many replicas one is stale; requests take turns, it is first."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.without and self.as_of is None:
            raise ValueError("needs `without` or `as-of`")
        return self

    def knows(self, published: datetime) -> bool:
        """Say whether a version published then is on the stale list."""
        return self.as_of is None or published <= self.as_of

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: [list, latest], module: github.com/spf13/cobra},"
            " do: {stale-list: {without: [v1.8.0]}}}",
            "A list without v1.8.0, and an @latest that agrees; .info, .mod and .zip still answer.",
            "Caching headers stay those of the origin. A real stale cache would also miss the .info"
            " of the new version; add a rule for that.",
        ),
        Example(
            "{where: {endpoint: [list, latest]}, do: {stale-list: {as-of: 2023-06-01T00:00:00Z}}}",
            "What was published by then.",
            "Goes by the Time in .info, which is the commit's, not the day the proxy first saw it.",
        ),
        Example(
            "{where: {endpoint: list}, do: {stale-list: {without: ['>=v1.8.0'], replicas: 2}}}",
            "Every other answer is stale: a list flapping between replicas.",
            "Turns go by request; a real balancer may pin a connection to a replica.",
        ),
    )


class NegativeCache(Action):
    """Remember that something was not there, and go on saying so."""

    short: ClassVar[str] = "ttl"
    slot: ClassVar[str] = "answer"
    acts: ClassVar[tuple[Stage, ...]] = (Stage.REQUEST,)

    ttl: Seconds = Field(description="How long a 404 or 410 of the origin is repeated, per path.")
    primed: bool = Field(
        False, description="As if everything had been asked for, and missing, when the rule began."
    )

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: info, version: v1.8.0}, do: {negative-cache:"
            " {ttl: 10m, primed: true}}}",
            "404 although the tag exists by now, until ten minutes are over.",
            "The origin's own 404 is repeated byte for byte; a primed one says `not found`."
            " The memory goes when the rule is switched off.",
        ),
        Example(
            "{where: {path: '*/v9.9.9.info'}, do: {negative-cache: 30m}}",
            "The first 404 is the origin's; later ones come from memory.",
            "Per path, whatever the headers.",
        ),
    )


class DropRetractions(Action):
    """Serve .mod files without their `retract` directives."""

    acts: ClassVar[tuple[Stage, ...]] = _RESPONSE
    needs: ClassVar[frozenset[str]] = frozenset({"mod"})

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: mod}, do: {drop-retractions: true}}",
            "No warning about retracted versions; Deprecated comments go as well.",
            "The .zip still carries them. With go.sum or the checksum database on, the change is"
            " found out.",
        ),
    )


class PhantomVersion(Action):
    """List a version that does not exist."""

    short: ClassVar[str] = "version"
    acts: ClassVar[tuple[Stage, ...]] = _RESPONSE
    needs: ClassVar[frozenset[str]] = frozenset({"list"})

    version: str = Field(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: list}, do: {phantom-version: v1.9.9}}",
            "@latest picks it and fails on its .info.",
            "Only the list lies; .info, .mod and .zip are the origin's 404.",
        ),
    )


class Info(Action):
    """Serve .info (and @latest) with a wrong version or time."""

    acts: ClassVar[tuple[Stage, ...]] = _RESPONSE
    needs: ClassVar[frozenset[str]] = frozenset({"info", "latest"})

    version: str | None = None
    time: AwareDatetime | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.version is None and self.time is None:
            raise ValueError("needs `version` or `time`")
        return self

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: info, version: v1.8.0}, do: {info: {version: v1.7.0}}}",
            "go: `proxy returned info for version v1.7.0 instead of requested version`.",
            "Other fields stay, written anew.",
        ),
        Example(
            "{where: {endpoint: info}, do: {info: {time: 2038-01-19T03:14:07Z}}}",
            "A version from the future; go does not mind.",
            "Other fields stay, written anew.",
        ),
    )


class Mod(Action):
    """Serve another go.mod than the module's."""

    short: ClassVar[str] = "make"
    acts: ClassVar[tuple[Stage, ...]] = _RESPONSE
    needs: ClassVar[frozenset[str]] = frozenset({"mod"})

    make: Literal["stripped"] | None = Field(
        None, description="`stripped`: only the module and go lines, so the graph shrinks."
    )
    without: Annotated[tuple[Annotated[str, AfterValidator(_module)], ...], OneOrMany()] = Field(
        (), description="Modules whose requirements go."
    )
    add: str = Field("", description="Lines put at the end.")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.make or self.without or self.add):
            raise ValueError("needs stripped, `without` or `add`")
        return self

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: mod}, do: {mod: stripped}}",
            "`go list -m all` is shorter, exit 0, with the checksum database off.",
            "The .zip keeps the true go.mod; go never compares the two.",
        ),
        Example(
            "{where: {endpoint: mod}, do: {mod: {without: example.org/dep}}}",
            "One requirement is missing.",
            "By lines, not by syntax: a commented-out line goes, too.",
        ),
        Example(
            "{where: {endpoint: mod}, do: {mod: {add: 'require evil.example/x v1.0.0'}}}",
            "One requirement too many.",
            "Whatever you write.",
        ),
    )


class Zip(Action):
    """Serve a damaged or a different zip."""

    short: ClassVar[str] = "make"
    acts: ClassVar[tuple[Stage, ...]] = _RESPONSE
    needs: ClassVar[frozenset[str]] = frozenset({"zip"})

    make: Literal["bit-flip", "wrong-prefix"] | None = Field(
        None, description="One bit of file data flipped; or every file under another version."
    )
    truncate: Bytes | None = Field(None, description="Keep only so many bytes.")
    of: str | None = Field(
        None, description="The files of this version, under the names of the one asked for."
    )
    patch: dict[str, str] | None = Field(
        None, description="Replace text in the files; the zip is made anew and is valid."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.make, self.truncate, self.of, self.patch)) != 1:
            raise ValueError("needs exactly one of make, truncate, of, patch")
        return self

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {endpoint: zip, version: v1.8.0}, do: {zip: {of: v1.6.1}}}",
            "Old code under the new name; silent without checksums.",
            "Files are packed anew, so the bytes differ from any real zip of either version.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {zip: {truncate: 200}}}",
            "go: `zip: not a valid zip file`.",
            "The length announced agrees with what is sent: a file cut on disk, not in transit.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {zip: bit-flip}}",
            "go: `flate: corrupt input`, or a checksum mismatch.",
            "The seed chooses the bit within the first file's packed data.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {zip: wrong-prefix}}",
            "go: `zip for … has unexpected file`.",
            "Packed anew under version v0.0.0-wrong.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {zip: {patch: {'const Version': 'const version'}}}}",
            "Valid and wrong: only checksums tell.",
            "In every file; packed anew.",
        ),
    )


class Decoding(Action):
    """Misread the path, as proxies do that forget the protocol's escapes."""

    short: ClassVar[str] = "how"
    acts: ClassVar[tuple[Stage, ...]] = (Stage.REQUEST,)

    how: Literal["capitals-kept-escaped", "lower-case", "no-incompatible", "plus-is-space"] = Field(
        description="`!a` passed on as it is; `!a` read as `a`; `+incompatible` cut off; `+` read"
        " as a space."
    )

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {module: 'github.com/Azure/*'}, do: {decoding: capitals-kept-escaped}}",
            "404: the origin is asked for a module called `!azure`.",
            "The origin gets the `!` escaped once more, which no module has.",
        ),
        Example(
            "{where: {module: 'github.com/Azure/*'}, do: {decoding: lower-case}}",
            "404, or another module of that name.",
            "As a proxy on a file system that ignores case.",
        ),
        Example(
            "{where: {version: '*+incompatible'}, do: {decoding: no-incompatible}}",
            "404 for versions that the list names.",
            "Exactly that.",
        ),
        Example(
            "{where: {version: '*+incompatible'}, do: {decoding: plus-is-space}}",
            "404 for versions that the list names.",
            "As a proxy that decodes the path like a form.",
        ),
    )


class AuthFallback(Action):
    """Turn the origin's 401 or 403 into something that looks like an answer."""

    short: ClassVar[str] = "into"
    slot: ClassVar[str] = "answer"
    acts: ClassVar[tuple[Stage, ...]] = _RESPONSE

    into: Literal["empty", "anonymous", "not-found"] = Field(
        description="An empty 200; what a stranger gets; or a 404."
    )

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {host: proxy.golang.org}, do: {auth-fallback: empty}}",
            "`go list -m -versions` exits 0 and lists nothing.",
            "Fires only on 401 and 403.",
        ),
        Example(
            "{where: {host: proxy.golang.org}, do: {auth-fallback: not-found}}",
            "go walks on to the next proxy, silently.",
            "Fires only on 401 and 403.",
        ),
        Example(
            "{where: {host: proxy.golang.org}, do: {auth-fallback: anonymous}}",
            "The origin is asked again without Authorization, and that answer is passed on.",
            "Fires only on 401 and 403.",
        ),
    )
