"""Module fetching as go sees it from a machine: its settings, and what it would be answered."""

from __future__ import annotations

import posixpath
import threading
import zlib
from base64 import b64encode
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import quote, unquote, urljoin, urlsplit

from lab.diagnostics.goenv import GoEnv, goenv
from lab.diagnostics.machine import Machine
from lab.diagnostics.reply import OK, Reply
from lab.go.credentials import login_for, parse_netrc
from lab.go.settings import (
    Entry,
    GoproxyError,
    entries,
    forward_proxy,
    host_of,
    login_of,
    matches,
    redacted,
    without_login,
)
from lab.sandbox.interface import Answer, Request
from lab.world.modpath import escape

_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 10
_AGENT = "GoCommand/1 (+https://go.dev/cmd/go)"
_SAFE = "/$&+,:;=@~"
"""What url.PathEscape leaves as it is in a path, beside letters, digits and `-_.`."""
LITERAL = f"{_SAFE}!"
"""The same for the checksum database, of which go sends the path as it stands (web.Join)."""


class UnseenError(Exception):
    """An answer would be another with a login that golab does not ask for; whose, in words."""


@dataclass(frozen=True)
class Walk:
    """What the entries of GOPROXY answer for one file: those that are asked, in their order.

    `ends` is what stands behind the last that was asked, if nobody had it: `direct`, `off`, or ''.
    """

    steps: tuple[tuple[Entry, Reply], ...]
    ends: str = ""

    @property
    def served(self) -> tuple[Entry, Reply] | None:
        """Who has it, and what it answered."""
        return self.steps[-1] if self.steps and self.steps[-1][1].ok else None

    @property
    def reply(self) -> Reply | None:
        """What the last that was asked answered."""
        return self.steps[-1][1] if self.steps else None

    @property
    def said(self) -> str:
        """Who answered what, in one line."""
        steps = [f"{entry.shown}: {reply.said}" for entry, reply in self.steps]
        return "; ".join([*steps, *([f"then {self.ends}"] if self.ends else [])])


class GoView:
    """What go would be told on a machine.

    Each URL is asked once and the answer kept, unless it is to be asked `fresh`; several threads
    may ask. Credentials, redirects, forward proxies and 4xx answers are dealt with as go does.

    Args:
        machine: where to look from.
        limit: seconds for each request.
    """

    def __init__(self, machine: Machine, limit: float) -> None:
        self.machine = machine
        self.limit = limit
        self._kept: dict[tuple[str, str, bool], Future[Reply]] = {}
        self._lock = threading.Lock()
        self._settling = threading.Lock()

    @property
    def env(self) -> GoEnv:
        """Go's settings in the project."""
        with self._settling:
            return self._env

    @cached_property
    def _env(self) -> GoEnv:
        return goenv(self.machine)

    @property
    def entries(self) -> list[Entry]:
        """The entries of GOPROXY; none if go refuses them all (see `problem`)."""
        try:
            return entries(self.env["GOPROXY"])
        except GoproxyError:
            return []

    @property
    def problem(self) -> str:
        """Why go refuses GOPROXY as a whole; '' if it does not."""
        try:
            entries(self.env["GOPROXY"])
        except GoproxyError as error:
            return str(error)
        return ""

    @property
    def netrc(self) -> Mapping[str, str]:
        """What .netrc has, where go reads it: machine -> `login:password`."""
        if "netrc" not in self._logins:
            return {}
        env = self.machine.env
        path = env.get("NETRC") or f"{env.get('HOME', '')}/.netrc"
        found = self.machine.read([path]).found.get(path, b"")
        return parse_netrc(found.decode("utf-8", "replace"))

    @property
    def _logins(self) -> list[str]:
        return [way.strip() for way in (self.env["GOAUTH"] or "netrc").split(";")]

    @property
    def unseen_logins(self) -> list[str]:
        """What of GOAUTH go would ask for a login, a program or git: golab runs none of it."""
        return [way for way in self._logins if way not in ("netrc", "off", "")]

    # who is asked

    def from_its_host(self, module: str) -> bool:
        """Tell whether go fetches a module from its own host, past every proxy."""
        if self.env["GOPROXY"] == "direct":
            return True
        return matches(self.env["GONOPROXY"], module)

    def unverified(self, module: str) -> bool:
        """Tell whether go asks no checksum database about a module."""
        return self.env["GOSUMDB"] == "off" or matches(self.env["GONOSUMDB"], module)

    def is_private(self, module: str) -> bool:
        """Tell whether any of the settings says that a module is not public."""
        names = ("GOPRIVATE", "GONOPROXY", "GONOSUMDB")
        return any(matches(self.env[name], module) for name in names)

    def proxies(self, module: str) -> list[Entry]:
        """Return the proxies to which go may send this module path, in their order."""
        if self.from_its_host(module):
            return []
        return [entry for entry in self.entries if entry.is_proxy]

    def not_asked(self, module: str) -> str:
        """Say why no proxy would be asked about a module; '' if one would."""
        if self.problem:
            return self.problem
        if self.from_its_host(module):
            return f"go fetches {module} from its own host, not from a proxy"
        return "" if self.proxies(module) else "GOPROXY names no proxy"

    # what is answered

    def ask(self, module: str, file: str, *, fresh: bool = False) -> Walk:
        """Ask for a file of a module as go does, entry after entry; `file` as in `@v/list`."""
        return self.walk(f"{escape(module)}/{escape(file)}", module=module, fresh=fresh)

    def walk(self, path: str, *, module: str = "", fresh: bool = False) -> Walk:
        """Ask the entries of GOPROXY for a path below each, as far as go would (TryProxies).

        Args:
            path: not percent-encoded.
            module: whose path that is; no proxy is asked about one that none may learn of.
            fresh: ask again what has been asked.
        """
        if module and self.from_its_host(module):
            return Walk((), "direct")
        steps: list[tuple[Entry, Reply]] = []
        for entry in self.entries:
            if not entry.is_proxy:
                return Walk(tuple(steps), entry.kind)
            reply = self.get(below(entry.text, path), fresh=fresh)
            steps.append((entry, reply))
            if reply.ok or not (reply.not_there or entry.any_error):
                break
        return Walk(tuple(steps))

    def get(self, url: str, *, anonymous: bool = False, fresh: bool = False) -> Reply:
        """GET a URL as go does; `anonymous` is without any credentials.

        Raises:
            UnseenError: it is refused, and go would ask a program of GOAUTH for a login.
        """
        return self._once("GET", url, anonymous=anonymous, fresh=fresh)

    def _once(self, method: str, url: str, *, anonymous: bool, fresh: bool) -> Reply:
        key = (method, url, anonymous)
        with self._lock:
            kept = self._kept.get(key)
            if mine := kept is None or fresh:
                kept = self._kept[key] = Future()
        assert kept
        if mine:
            try:
                kept.set_result(self._got(url, anonymous=anonymous))
            except BaseException as error:
                kept.set_exception(error)
                raise
        return kept.result()

    def _got(self, url: str, *, anonymous: bool) -> Reply:
        if url.startswith("file:"):
            return self._read(url)
        if url.startswith("http://") and login_of(url):
            refused = "go refuses to pass credentials to an insecure URL"
            return Reply((url,), error=refused, stage="dns")
        reply = self._followed(url, anonymous=anonymous)
        if url.startswith("https:") and not reply.error and 400 <= reply.status < 500:
            reply = self._followed(url, anonymous=anonymous)  # as go does, with GOAUTH run anew
            if self.unseen_logins and not anonymous and _may_be_refusal(reply, url):
                asked = ", ".join(way.split()[0] for way in self.unseen_logins)
                raise UnseenError(
                    f"{reply.url}: {reply.said}, and golab does not run {asked} of GOAUTH for a "
                    "login, as go would"
                )
        return reply

    def _read(self, url: str) -> Reply:
        path = unquote(urlsplit(url).path)
        files = self.machine.read([path])
        if path in files.found:
            return Reply((url,), status=OK, body=files.found[path], protocol="file")
        if path in files.unread:
            return Reply((url,), error=files.unread[path], stage="connect", protocol="file")
        return Reply((url,), status=404, protocol="file")

    def _followed(self, url: str, *, anonymous: bool) -> Reply:
        """Follow redirects as net/http does, for go's client (web/http.go)."""
        urls = [url]
        login = None if anonymous else login_for(url, self.netrc)
        seconds = wait = 0.0
        while True:
            at = urls[-1]
            headers = {"User-Agent": _AGENT, "Accept-Encoding": "gzip"}
            if login:
                headers["Authorization"] = f"Basic {b64encode(login.encode()).decode()}"
            answer = self._one(without_login(at), headers)
            reply = _unpacked(_reply(urls, answer, seconds, wait))
            seconds, wait = seconds + answer.seconds, reply.wait
            to = answer.headers.get("location", "")
            if answer.error or answer.status not in _REDIRECTS or not to:
                return reply
            try:
                target = urljoin(at, to)
                urlsplit(target)
            except ValueError as error:
                return replace(reply, error=f"redirected to no URL: {error}", stage="redirect")
            urls.append(target)
            if why := _unfollowed(urls):
                return replace(reply, error=why, stage="redirect")
            inherited = login if _same_domain(host_of(url), host_of(target)) else None
            login = None if anonymous else (inherited or login_of(target))

    def _one(self, url: str, headers: Mapping[str, str]) -> Answer:
        env = self.machine.env
        via, ca = forward_proxy(url, env), env.get("SSL_CERT_FILE", "")
        return self.machine.request(Request(url, self.limit, headers=headers, via=via, ca=ca))


def below(base: str, path: str, safe: str = _SAFE) -> str:
    """Return the URL that go makes of a proxy and a path below it, `path` not percent-encoded."""
    parts = urlsplit(base)
    whole = posixpath.join("/", unquote(parts.path).removesuffix("/"), path)
    whole = f"/{posixpath.normpath(whole).lstrip('/')}"
    netloc = parts.netloc
    return f"{parts.scheme}://{netloc}{quote(whole, safe=safe)}"


def _reply(urls: list[str], answer: Answer, before: float, waited: float) -> Reply:
    return Reply(
        tuple(urls),
        answer.status,
        answer.headers,
        answer.body,
        answer.error,
        answer.stage,
        round(before + answer.first, 4),
        round(before + answer.seconds, 4),
        answer.pause,
        answer.protocol,
        answer.cut,
        round(waited + answer.wait, 4),
    )


def _unpacked(reply: Reply) -> Reply:
    """Take gzip off, as net/http does for who has not asked for an encoding of its own."""
    from lab.sandbox.agent.network import MOST_BODY

    if reply.headers.get("content-encoding", "").lower() != "gzip" or reply.cut or reply.error:
        return reply
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        body = unpacking.decompress(reply.body, MOST_BODY)
    except zlib.error:
        return replace(reply, error="it says that it is gzip, and is none", stage="body")
    if not unpacking.eof and not unpacking.unconsumed_tail:
        return replace(reply, error="the gzip ends too early", stage="body")
    inside = {"content-encoding", "content-length"}  # of what is now the body they say nothing
    headers = {name: value for name, value in reply.headers.items() if name not in inside}
    framed = {"transfer-encoding": "gzip"}
    return replace(reply, headers={**headers, **framed}, body=body, cut=not unpacking.eof)


def _may_be_refusal(reply: Reply, url: str) -> bool:
    """Tell whether an answer may be about who asks; many hide what they refuse behind a 404."""
    from lab.diagnostics.lints.hosts import is_public

    return reply.refused or (reply.not_there and not is_public(host_of(url)))


def _unfollowed(urls: list[str]) -> str:
    """Say why go does not follow a redirect to the last of these URLs; '' if it does."""
    if len(urls) > _MOST_REDIRECTS:
        return f"stopped after {_MOST_REDIRECTS} redirects"
    target = urls[-1]
    if urls[0].startswith("https:") and not target.startswith("https:"):
        return f"redirected from a secure URL to an insecure one, {redacted(target)}"
    if not target.startswith(("http:", "https:")):
        return f"redirected to {redacted(target)}"
    return ""


def _same_domain(before: str, after: str) -> bool:
    """Tell whether net/http sends Authorization on to a host (shouldCopyHeaderOnRedirect)."""
    return after == before or after.endswith(f".{before}")
