"""What a host's name alone says of it."""

from __future__ import annotations

import ipaddress

PUBLIC_PROXIES = frozenset(
    {
        "proxy.golang.org",
        "goproxy.cn",
        "goproxy.io",
        "proxy.golang.com.cn",
        "athens.azurefd.net",
        "gocenter.io",
        "mirrors.aliyun.com",
        "mirrors.cloud.tencent.com",
        "mirrors.tencent.com",
        "goproxy.baidu.com",
        "repo.huaweicloud.com",
        "mirrors.huaweicloud.com",
        "gonexus.dev",
    }
)
"""Proxies that serve everybody: a name that they are asked for is told to the world."""

_INSIDE = (".internal", ".corp", ".local", ".lan", ".intranet", ".home.arpa", ".private")


def is_public(host: str) -> bool:
    """Tell whether a host is known to serve everybody."""
    return host.lower() in PUBLIC_PROXIES


def is_loopback(host: str) -> bool:
    """Tell whether a name or an address is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_inside(host: str) -> bool:
    """Tell whether a name or an address exists in somebody's own network only."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_INSIDE)
