"""The edge's own calling of handlers does what mitmproxy's manager does."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mitmproxy import addonmanager, dns, exceptions, options
from mitmproxy.master import Master
from mitmproxy.proxy.layers.dns import DnsRequestHook
from mitmproxy.test import tflow

from lab.edge.handlers import Handlers


class _Says:
    def __init__(self, name: str, said: list[str], error: Exception | None = None) -> None:
        self.name = name
        self.said = said
        self.error = error

    def dns_request(self, flow: dns.DNSFlow) -> None:
        self.said.append(self.name)
        if self.error:
            raise self.error


class _Waits(_Says):
    async def dns_request(self, flow: dns.DNSFlow) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        self.said.append(self.name)


class _Holds:
    def __init__(self, *addons: Any) -> None:
        self.name = "holds"
        self.addons = addons


class _Deaf:
    name = "deaf"


@pytest.mark.parametrize("kind", [addonmanager.AddonManager, Handlers])
def test_handlers_are_called_in_order_and_one_that_fails_stops_no_other(
    kind: type[addonmanager.AddonManager], caplog: pytest.LogCaptureFixture
) -> None:
    said: list[str] = []

    async def twice() -> None:
        master = Master(options.Options())
        manager: Any = kind(master)
        event = DnsRequestHook(tflow.tdnsflow())
        manager.add(_Deaf(), _Says("fails", said, ValueError("broken")), _Waits("waits", said))
        await manager.trigger_event(event)
        manager.add(_Holds(_Says("inner", said)), _Says("halts", said, exceptions.AddonHalt()))
        manager.add(_Says("never", said))
        await manager.trigger_event(event)
        manager.remove(manager.get("fails"))
        await manager.trigger_event(event)

    asyncio.run(twice())
    assert said == [
        "fails",
        "waits",
        *("fails", "waits", "inner", "halts"),
        "waits",
        "inner",
        "halts",
    ]
    assert caplog.text.count("ValueError: broken") == 2
