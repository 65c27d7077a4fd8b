"""Faults that know what a module proxy serves."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from mitmproxy import http

from faults import goproto, semver, upstream, zips
from faults.exchange import Detail, Exchange, Handler, Turn
from faults.vocabulary import module as words
from faults.vocabulary.base import Action
from faults.where import version_test

_AUTH = frozenset({401, 403})
_MISSING = frozenset({404, 410})
_TEXT = "text/plain; charset=utf-8"
_NOT_FOUND = "not found\n"


async def stale_list(action: words.StaleList, turn: Turn, exchange: Exchange) -> Detail:
    """Answer `list` and `latest` as before some versions were published."""
    if (turn.match - 1) % action.replicas or not _good(exchange, "list", "latest"):
        return None
    if exchange.facts["endpoint"] == "list":
        return await _stale_list(action, exchange)
    return await _stale_latest(action, exchange)


async def _stale_list(action: words.StaleList, exchange: Exchange) -> Detail:
    lines = (exchange.response.get_text(strict=False) or "").splitlines()
    hidden = await _hidden(action, exchange, _versions(lines))
    if not hidden:
        return None
    kept = [line for line in lines if hidden.isdisjoint(line.split()[:1])]
    exchange.response.text = "".join(line + "\n" for line in kept)
    return {"hidden": sorted(hidden)}


async def _stale_latest(action: words.StaleList, exchange: Exchange) -> Detail:
    version = str(json.loads(exchange.response.content or b"null")["Version"])
    if not await _hidden(action, exchange, [version]):
        return None
    text = (await _ask(exchange, "@v/list")).body.decode("utf-8", "replace")
    listed = _versions(text.splitlines())
    hidden = await _hidden(action, exchange, listed)
    older = semver.newest(known for known in listed if known not in hidden)
    if older is None:
        exchange.flow.response = http.Response.make(404, _NOT_FOUND, {"Content-Type": _TEXT})
    else:
        exchange.response.content = (await _ask(exchange, f"@v/{older}.info")).body
    return {"hidden": [version], "served": older}


def _versions(lines: list[str]) -> list[str]:
    return [line.split()[0] for line in lines if line.split()]


async def _hidden(action: words.StaleList, exchange: Exchange, versions: list[str]) -> set[str]:
    """Return those of `versions` that were not known yet."""
    test = version_test(action.without)
    hidden = {version for version in versions if test(version)}
    if action.as_of is None:
        return hidden
    for version in versions:
        if version not in hidden:
            info = json.loads((await _ask(exchange, f"@v/{version}.info")).body)
            if not action.knows(datetime.fromisoformat(str(info["Time"]))):
                hidden.add(version)
    return hidden


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


def _good(exchange: Exchange, *endpoints: str) -> bool:
    return exchange.response.status_code == 200 and exchange.facts["endpoint"] in endpoints


async def phantom_version(action: words.PhantomVersion, turn: Turn, exchange: Exchange) -> Detail:
    """List a version that is not there."""
    lines = (exchange.response.get_text(strict=False) or "").splitlines()
    if not _good(exchange, "list") or action.version in _versions(lines):
        return None
    exchange.response.text = "".join(line + "\n" for line in [*lines, action.version])
    return {"version": action.version}


async def info(action: words.Info, turn: Turn, exchange: Exchange) -> Detail:
    """Change the version or time of an .info."""
    if not _good(exchange, "info", "latest"):
        return None
    data = json.loads(exchange.response.content or b"{}")
    before = dict(data)
    if action.version is not None:
        data["Version"] = action.version
    if action.time is not None:
        data["Time"] = action.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if data == before:
        return None
    exchange.response.text = json.dumps(data, separators=(",", ":"))
    return {"version": data.get("Version"), "time": data.get("Time")}


async def drop_retractions(action: words.DropRetractions, turn: Turn, exchange: Exchange) -> Detail:
    """Take `retract` and `Deprecated` out of a .mod."""
    return _edit_mod(exchange, _without_retractions)


def _without_retractions(text: str) -> str:
    text = re.sub(r"(?ms)^retract[ \t]*\(.*?^\)[^\n]*\n?", "", text)
    text = re.sub(r"(?m)^retract[ \t][^\n]*\n?", "", text)
    return re.sub(r"(?m)^(\s*)//[ \t]*Deprecated:[^\n]*\n?", "", text)


async def mod(action: words.Mod, turn: Turn, exchange: Exchange) -> Detail:
    """Serve another go.mod."""

    def edit(text: str) -> str:
        if action.make == "stripped":
            kept = re.findall(r"(?m)^(?:module|go)[ \t][^\n]*$", text)
            text = "\n\n".join(kept) + "\n"
        for gone in action.without:
            text = re.sub(rf"(?m)^[^\n]*(?<![\w./-]){re.escape(gone)}[ \t][^\n]*\n?", "", text)
        return text + (action.add.rstrip("\n") + "\n" if action.add else "")

    return _edit_mod(exchange, edit)


def _edit_mod(exchange: Exchange, edit: Any) -> Detail:
    if not _good(exchange, "mod"):
        return None
    before = exchange.response.get_text(strict=False) or ""
    after = edit(before)
    if after == before:
        return None
    exchange.response.text = after
    return {"lines": [before.count("\n"), after.count("\n")]}


async def zip_(action: words.Zip, turn: Turn, exchange: Exchange) -> Detail:
    """Serve a damaged or a different zip."""
    if not _good(exchange, "zip"):
        return None
    before = exchange.response.content or b""
    prefix = f"{exchange.facts['module']}@{exchange.facts['version']}/"
    detail: dict[str, Any] = {}
    if action.truncate is not None:
        after = before[: action.truncate]
    elif action.of is not None:
        after = zips.renamed((await _ask(exchange, f"@v/{action.of}.zip")).body, prefix)
        detail["of"] = action.of
    elif action.patch is not None:
        after = zips.patched(before, action.patch)
    elif action.make == "wrong-prefix":
        after = zips.renamed(before, f"{exchange.facts['module']}@v0.0.0-wrong/")
    else:
        after, detail["bit"] = zips.flipped(before, turn.draw("bit"))
    if after == before:
        return None
    exchange.response.content = after
    return {**detail, "bytes": [len(before), len(after)]}


async def decoding(action: words.Decoding, turn: Turn, exchange: Exchange) -> Detail:
    """Ask the origin for what a proxy that forgets the escapes would ask."""
    request = exchange.flow.request
    path = unquote(request.path)
    match action.how:
        case "capitals-kept-escaped":
            wrong = path.replace("!", "!!")
        case "lower-case":
            wrong = path.replace("!", "")
        case "no-incompatible":
            wrong = path.replace("+incompatible", "")
        case _:
            wrong = path.replace("+", " ")
    if wrong == path:
        return None
    request.path = goproto.quoted(wrong)
    return {"asked": wrong}


async def auth_fallback(action: words.AuthFallback, turn: Turn, exchange: Exchange) -> Detail:
    """Turn 401 and 403 into something else."""
    was = exchange.response.status_code
    if was not in _AUTH:
        return None
    if action.into == "anonymous":
        path = exchange.flow.request.path
        answer = await upstream.fetch(exchange.flow, path, drop=frozenset({"authorization"}))
        status, content, kind = answer.status, answer.body, answer.content_type
    elif action.into == "not-found":
        status, content, kind = 404, _NOT_FOUND.encode(), _TEXT
    else:
        status, content, kind = 200, b"", _TEXT
    exchange.flow.response = http.Response.make(status, content, {"Content-Type": kind})
    return {"was": was, "status": status}


async def recall_missing(action: words.NegativeCache, turn: Turn, exchange: Exchange) -> Detail:
    """Repeat a 404 from memory, or keep an eye on the answer."""
    known = turn.armed.memory.get(exchange.flow.request.path)
    if known is None and action.primed:
        first = http.Response.make(404, _NOT_FOUND, {"Content-Type": _TEXT})
        known = (turn.armed.since, first)
    if known is not None and time.monotonic() < known[0] + action.ttl:
        exchange.flow.response = known[1].copy()
        return {"status": known[1].status_code, "age": round(time.monotonic() - known[0], 3)}
    exchange.watching.append(turn)
    return None


def remember_missing(turn: Turn, exchange: Exchange) -> None:
    """Keep the origin's 404 or 410 for later."""
    if exchange.response.status_code in _MISSING:
        kept = (time.monotonic(), exchange.response.copy())
        turn.armed.memory[exchange.flow.request.path] = kept


REQUEST: dict[type[Action], Handler] = {
    words.NegativeCache: recall_missing,
    words.Decoding: decoding,
}
RESPONSE: dict[type[Action], Handler] = {
    words.StaleList: stale_list,
    words.PhantomVersion: phantom_version,
    words.Info: info,
    words.DropRetractions: drop_retractions,
    words.Mod: mod,
    words.Zip: zip_,
    words.AuthFallback: auth_fallback,
}
