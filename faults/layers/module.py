"""Faults that know what a module proxy serves."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from faults import goproto, semver, upstream
from faults.exchange import Detail, Exchange, Handler, Turn
from faults.vocabulary.base import Action
from faults.vocabulary.module import StaleList
from faults.where import version_test


async def stale_list(action: StaleList, turn: Turn, exchange: Exchange) -> Detail:
    """Answer `list` and `latest` as before some versions were published."""
    if (turn.match - 1) % action.replicas or exchange.response.status_code != 200:
        return None
    if exchange.facts["endpoint"] == "list":
        return await _stale_list(action, exchange)
    if exchange.facts["endpoint"] == "latest":
        return await _stale_latest(action, exchange)
    return None


async def _stale_list(action: StaleList, exchange: Exchange) -> Detail:
    lines = exchange.response.get_text(strict=False) or ""
    versions = lines.split()
    hidden = await _hidden(action, exchange, versions)
    if not hidden:
        return None
    kept = [line for line in lines.splitlines() if hidden.isdisjoint(line.split()[:1])]
    exchange.response.text = "".join(line + "\n" for line in kept)
    return {"hidden": sorted(hidden)}


async def _stale_latest(action: StaleList, exchange: Exchange) -> Detail:
    newest = json.loads(exchange.response.content or b"null")
    version = str(newest["Version"])
    if not await _hidden(action, exchange, [version]):
        return None
    listed = (await _ask(exchange, "@v/list")).body.decode("utf-8", "replace").split()
    hidden = await _hidden(action, exchange, listed)
    older = semver.newest(known for known in listed if known not in hidden)
    if older is None:
        exchange.response.status_code = 404
        exchange.response.text = "not found: no versions known"
        exchange.response.headers["Content-Type"] = "text/plain; charset=utf-8"
    else:
        exchange.response.content = (await _ask(exchange, f"@v/{older}.info")).body
    return {"hidden": [version], "served": older}


async def _hidden(action: StaleList, exchange: Exchange, versions: list[str]) -> set[str]:
    """Return those of `versions` that were not known yet."""
    test = version_test(action.without)
    hidden = {version for version in versions if test(version)}
    if action.as_of is None:
        return hidden
    for version in versions:
        if version in hidden:
            continue
        info = json.loads((await _ask(exchange, f"@v/{version}.info")).body)
        if not action.knows(_time(info)):
            hidden.add(version)
    return hidden


def _time(info: Any) -> datetime:
    return datetime.fromisoformat(str(info["Time"]))


async def _ask(exchange: Exchange, name: str) -> upstream.Answer:
    """Ask the origin for another file of the same module.

    Raises:
        LookupError: the origin does not have it.
    """
    path = goproto.sibling(exchange.flow.request.path, name)
    answer = await upstream.fetch(exchange.flow, path)
    if answer.status != 200:
        raise LookupError(f"the origin answered {answer.status} for {path}")
    return answer


RESPONSE: dict[type[Action], Handler] = {StaleList: stale_list}
