"""HTTPS_PROXY and NO_PROXY, as net/http reads them (x/net/http/httpproxy)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab.diagnostics.lints.model import Problem, Setup
from lab.go.settings import masked


def _value(setup: Setup, name: str) -> tuple[str, str]:
    for form in (name, name.lower()):
        if value := setup.process.get(form):
            return form, value
    return name, ""


def exceptions(setup: Setup) -> Iterator[Problem]:
    """Entries of NO_PROXY that except nothing."""
    name, value = _value(setup, "NO_PROXY")
    if not any(_value(setup, proxy)[1] for proxy in ("HTTPS_PROXY", "HTTP_PROXY")):
        return
    for entry in value.split(","):
        text = entry.strip()
        if not text or text == "*":
            continue
        why, remedy = _never(text)
        if why:
            yield Problem(
                "no-proxy-entry",
                "warning",
                f"{name}: {masked(text)} {why}",
                "it excepts nothing: the host is asked for through the forward proxy",
                remedy,
                f'echo "${name}"',
                "system-proxy",
            )


def _never(text: str) -> tuple[str, str]:
    host = re.sub(r"^\w+://|/.*$", "", text)
    if "://" in text:
        return "is an address, and not a host", f"write {host}"
    if re.search(r"[;|\s]", text):
        return "is one entry: only a comma separates", "put commas between the entries"
    if re.fullmatch(r"[\d.]+/\d+|[0-9a-fA-F:]+/\d+", text):
        return "", ""
    if "/" in text:
        return "has a path, and hosts have none", f"write {host}"
    if "*" in text.removeprefix("*."):
        return "is a glob, and only *.domain is one here", "write .domain, or the host"
    return "", ""


def variables(setup: Setup) -> Iterator[Problem]:
    """Forward proxies of which two are set, or one that go does not read."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"):
        upper, lower = setup.process.get(name, ""), setup.process.get(name.lower(), "")
        if upper and lower and upper != lower:
            yield Problem(
                "forward-proxy-twice",
                "note",
                f"{name} and {name.lower()} differ",
                f"go takes {name}, curl and git take {name.lower()}",
                "set both alike",
                f"env | grep -i '^{name}=' | sed 's,//.*@,//,'",
                "system-proxy",
            )
    if setup.process.get("ALL_PROXY", setup.process.get("all_proxy")) and not any(
        _value(setup, name)[1] for name in ("HTTPS_PROXY", "HTTP_PROXY")
    ):
        yield Problem(
            "forward-proxy-unread",
            "note",
            "ALL_PROXY is set, and HTTPS_PROXY is not",
            "curl and git use it, go does not: it connects by itself",
            "set HTTPS_PROXY",
            "env | grep -ic '^all_proxy='",
            "system-proxy",
        )
