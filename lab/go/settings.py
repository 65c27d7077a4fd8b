"""How go reads the settings that decide where a module comes from."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

DEFAULT_GOPROXY = "https://proxy.golang.org,direct"
DEFAULTS = {
    "GOPROXY": DEFAULT_GOPROXY,
    "GOSUMDB": "sum.golang.org",
    "GOAUTH": "netrc",
    "GOTOOLCHAIN": "auto",
}
"""What counts where nothing is set; of all other variables that is ''."""

_FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20\x7f\"<>^`{|}\\]")


class GoproxyError(ValueError):
    """A GOPROXY that go refuses, whatever is asked for; the text says why, without passwords."""


@dataclass(frozen=True)
class Entry:
    """One entry of GOPROXY.

    `text` is the entry as go takes it: `off`, `direct`, or a URL, with any credentials. `any_error`
    is whether go goes on to the next entry after any error (`|`), not only after 404 and 410.
    """

    text: str
    any_error: bool = False

    @property
    def kind(self) -> Literal["off", "direct", "file", "http"]:
        """What is asked: nobody, the module's own host, a directory, or a server."""
        if self.text in ("off", "direct"):
            return "off" if self.text == "off" else "direct"
        return "file" if self.text.startswith("file:") else "http"

    @property
    def is_proxy(self) -> bool:
        """Whether it is a proxy, on a server or in a directory."""
        return self.kind in ("file", "http")

    @property
    def shown(self) -> str:
        """The entry without a password, as it may be shown."""
        return redacted(self.text)

    @property
    def host(self) -> str:
        """The host that is asked, '' if none is."""
        return host_of(self.text) if self.kind == "http" else ""


def entries(goproxy: str) -> list[Entry]:
    """Return the entries of GOPROXY up to `off` or `direct` (modfetch/proxy.go, proxyList).

    Raises:
        GoproxyError: go refuses the list.
    """
    found: list[Entry] = []
    for text, separator in re.findall(r"([^,|]*)([,|]|$)", goproxy or DEFAULT_GOPROXY):
        name = text.strip()
        if not name:
            continue
        if name in ("off", "direct"):
            found.append(Entry(name))
            break
        if re.search("[.:/]", name) and ":/" not in name and not name.startswith("/"):
            name = f"https://{name}"
        _check(name)
        found.append(Entry(name, separator == "|"))
    if not found:
        raise GoproxyError("the GOPROXY list is not empty, but contains no entries")
    return found


def _check(url: str) -> None:
    shown = redacted(url)
    parts = _split(url)
    if not parts.scheme:
        raise GoproxyError(f"the GOPROXY entry {shown} has no scheme")
    if parts.scheme not in ("http", "https", "file"):
        raise GoproxyError(f"the GOPROXY entry {shown} is neither https, http nor file")
    if parts.scheme == "file" and (parts.netloc or parts.query or parts.fragment):
        raise GoproxyError(f"the GOPROXY entry {shown} is more than file:// and a path")


def _split(url: str) -> SplitResult:
    """Split a URL as go's url.Parse does, where it is stricter than Python.

    Raises:
        GoproxyError: go would not take it.
    """
    shown = redacted(url)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise GoproxyError(f"the GOPROXY entry {shown} has a bad port or address") from None
    host = parts.netloc.rpartition("@")[2]
    if _FORBIDDEN_IN_HOST.search(host) or "%" in host:
        raise GoproxyError(f"the GOPROXY entry {shown} has a host that is none")
    if re.search(r"%(?![0-9A-Fa-f]{2})", url):
        raise GoproxyError(f"the GOPROXY entry {shown} has a % that escapes nothing")
    return parts


def redacted(url: str) -> str:
    """Return a URL without its password (url.URL.Redacted), also where it is badly written.

    So go shows it, with the user's name; see `masked` for what may hold several URLs.
    """
    return re.sub(r"(?<=://)([^/@:]*):[^/]*@", r"\1:xxxxx@", re.sub(r":[^/@:]*$", _digits, url))


def _digits(found: re.Match[str]) -> str:
    """Leave a port as it is; what else stands behind a last colon may be half of a password."""
    text = found[0][1:]
    scheme_only = text.startswith("/") or not text
    return found[0] if text.isdigit() or scheme_only else ":xxxxx"


_LOGIN = re.compile(r"(?<=://).*@")
_NEXT_URL = re.compile(r"(?<=[,|;\s])(?=\s*[a-z]+://)")


def masked(text: str) -> str:
    """Return the value of a setting without the logins that its URLs have, wherever these end."""
    return "".join(_LOGIN.sub("…@", part) for part in _NEXT_URL.split(text))


def proxies(env: Mapping[str, str]) -> list[str]:
    """Return the entries of GOPROXY up to `off` or `direct`, as they are written."""
    found = []
    for entry in re.split(r"[,|]", env.get("GOPROXY") or DEFAULT_GOPROXY):
        name = entry.strip()
        if name:
            found.append(name)
        if name in ("off", "direct"):
            break
    return found


def goenv_lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Read a GOENV file as go does: number, name and value of each line that counts."""
    for number, line in enumerate(text.split("\n"), 1):
        name, equals, value = line.partition("=")
        if equals and "A" <= name[:1] <= "Z":
            yield number, name, value


def first_proxy(env: Mapping[str, str]) -> str:
    """Return the base URL of the first proxy, without a slash at its end, or ''."""
    urls = [entry for entry in proxies(env) if entry not in ("off", "direct")]
    return urls[0].rstrip("/") if urls else ""


def host_of(url: str) -> str:
    """Return the host of a proxy's URL, without credentials and port; '' if it has none."""
    with contextlib.suppress(ValueError):
        return urlsplit(url).hostname or ""
    return ""


def login_of(url: str) -> str | None:
    """Return `user:password` of a URL, percent-decoded, or None."""
    info, at, _ = urlsplit(url).netloc.rpartition("@")
    user, _, password = info.partition(":")
    return f"{unquote(user)}:{unquote(password)}" if at else None


def without_login(url: str) -> str:
    """Return a URL without its credentials."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def forward_proxy(url: str, env: Mapping[str, str]) -> str:
    """Return the forward proxy that go's net/http would use for this URL, '' for none.

    Source: golang.org/x/net/http/httpproxy. The process environment counts, not `go env`.
    """
    parts = urlsplit(url)
    scheme, host = parts.scheme, (parts.hostname or "").lower()
    proxy = env.get(f"{scheme.upper()}_PROXY") or env.get(f"{scheme}_proxy") or ""
    if not proxy or host == "localhost":
        return ""
    address = _address(host)
    if address and address.is_loopback:
        return ""
    port = str(parts.port or (443 if scheme == "https" else 80))
    excepted = (env.get("NO_PROXY") or env.get("no_proxy") or "").lower().split(",")
    if any(_excepts(entry.strip(), host, port, address) for entry in excepted):
        return ""
    given = urlsplit(proxy)
    return proxy if given.scheme and given.netloc else f"http://{proxy}"


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _address(host: str) -> Address | None:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host)
    return None


def _excepts(entry: str, host: str, port: str, address: Address | None) -> bool:
    if entry == "*":
        return True
    if "/" in entry:
        with contextlib.suppress(ValueError):
            return address is not None and address in ipaddress.ip_network(entry, strict=False)
    name, only = entry, ""
    if found := re.fullmatch(r"\[?([^\]]*?)\]?:(\d+)", entry):
        name, only = found[1], found[2]
    if not name or (only and only != port):
        return False
    if excepted := _address(name):
        return address == excepted
    name = name[1:] if name.startswith("*.") else name
    if name.startswith("."):
        return host.endswith(name)
    return host == name or host.endswith(f".{name}")


def is_private(module: str, env: Mapping[str, str]) -> bool:
    """Tell whether any of the settings for private modules covers `module`."""
    names = ("GOPRIVATE", "GONOPROXY", "GONOSUMDB")
    return any(matches(env.get(name, ""), module) for name in names)


def matches(patterns: str, module: str) -> bool:
    """Tell whether a comma list of globs covers a module path or a prefix of it.

    Each glob is matched with as many path elements as it has (x/mod/module,
    MatchPrefixPatterns); neither spaces nor schemes are taken off.
    """
    elements = module.split("/")
    for pattern in patterns.split(","):
        globs = pattern.removesuffix("/").split("/")
        if pattern and len(globs) <= len(elements) and all(map(_glob, globs, elements)):
            return True
    return False


def _glob(pattern: str, element: str) -> bool:
    expression = ""
    rest = pattern
    while rest:
        character, rest = rest[0], rest[1:]
        match character:
            case "*":
                expression += ".*"
            case "?":
                expression += "."
            case "\\" if rest:
                expression += re.escape(rest[0])
                rest = rest[1:]
            case "[":
                body, closed, rest = rest.partition("]")
                if not closed or body in ("", "^"):
                    return False  # go: a malformed pattern matches nothing, and nobody is told
                expression += f"[{body}]"
            case _:
                expression += re.escape(character)
    try:
        return re.fullmatch(expression, element) is not None
    except re.error:
        return False
