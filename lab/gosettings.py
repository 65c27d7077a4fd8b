"""How go reads the settings that decide where a module comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

DEFAULT_GOPROXY = "https://proxy.golang.org,direct"


def proxies(env: Mapping[str, str]) -> list[str]:
    """Return the entries of GOPROXY up to `off` or `direct` (modfetch/proxy.go, proxyList)."""
    found = []
    for entry in re.split(r"[,|]", env.get("GOPROXY") or DEFAULT_GOPROXY):
        name = entry.strip()
        if name:
            found.append(name)
        if name in ("off", "direct"):
            break
    return found


def first_proxy(env: Mapping[str, str]) -> str:
    """Return the base URL of the first proxy, without a slash at its end, or ''."""
    urls = [entry for entry in proxies(env) if entry not in ("off", "direct")]
    return urls[0].rstrip("/") if urls else ""


def host_of(url: str) -> str:
    """Return the host of a proxy's URL, without credentials and port."""
    return urlsplit(url).hostname or ""


def not_asked(module: str, env: Mapping[str, str]) -> str:
    """Say why asking the first proxy oneself tells nothing of what go gets; '' if it does tell."""
    proxy = first_proxy(env)
    if not proxy:
        return "GOPROXY names no proxy"
    if not proxy.startswith(("http://", "https://")):
        return f"{proxy} is not asked over a network"
    if matches(env.get("GONOPROXY") or env.get("GOPRIVATE", ""), module):
        return f"go fetches {module} from its own host, not from a proxy"
    if forward := _forward_proxy(proxy, env):
        return f"go asks {forward} for the way, and this probe does not"
    return ""


def _forward_proxy(url: str, env: Mapping[str, str]) -> str:
    """Return HTTP_PROXY or HTTPS_PROXY as net/http reads them for this URL (httpproxy)."""
    scheme, host = url.partition(":")[0], host_of(url)
    for entry in (env.get("NO_PROXY") or env.get("no_proxy") or "").split(","):
        name = entry.strip().lower().removeprefix("*")
        below = name if name.startswith(".") else f".{name}"
        if entry.strip() == "*" or host == name or (name and host.endswith(below)):
            return ""
    return env.get(f"{scheme.upper()}_PROXY") or env.get(f"{scheme}_proxy") or ""


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
