"""Faults of the checksum database."""

from __future__ import annotations

import re

from faults import goproto, notes, upstream
from faults.exchange import Detail, Exchange, Handler, Turn
from faults.vocabulary.base import Action
from faults.vocabulary.sumdb import Sumdb

_HASH = re.compile(r"h1:(.)(.{42}=)")


async def sumdb(action: Sumdb, turn: Turn, exchange: Exchange) -> Detail:
    """Serve a checksum database that lies."""
    if exchange.response.status_code != 200 or exchange.facts["endpoint"] not in action.needs:
        return None
    before = exchange.response.content or b""
    if action.substitute is not None:
        return await _substitute(action.substitute, exchange)
    if action.forked is not None:
        other = notes.forked(before.decode("utf-8", "replace"), notes.signer(action.forked))
        after = before if other is None else other.encode()
    elif exchange.facts["endpoint"] == "sumdb-tile":
        after = bytes([before[0] ^ 1]) + before[1:] if before else before
    else:
        after = _tampered(before)
    if after == before:
        return None
    exchange.response.content = after
    return {"make": "forked" if action.forked else "tampered"}


def _tampered(message: bytes) -> bytes:
    """Change the first letter of every hash, or of the tree where there is none."""
    text = message.decode("utf-8", "replace")
    changed = _HASH.sub(lambda found: f"h1:{'B' if found[1] == 'A' else 'A'}{found[2]}", text)
    if changed == text:
        changed = re.sub(
            r"(go\.sum database tree\n\d+\n)(.)",
            lambda found: found[1] + ("B" if found[2] == "A" else "A"),
            text,
        )
    return changed.encode()


async def _substitute(other: str, exchange: Exchange) -> Detail:
    if exchange.facts["endpoint"] != "sumdb-lookup":
        return None
    before, _, _ = exchange.flow.request.path.rpartition("/lookup/")
    module, _, version = other.partition("@")
    path = goproto.quoted(f"{before}/lookup/{goproto.escape(module)}@{goproto.escape(version)}")
    answer = await upstream.fetch(exchange.flow, path)
    if answer.status != 200:
        raise LookupError(f"the origin answered {answer.status} for {path}")
    exchange.response.content = answer.body
    return {"record-of": other}


RESPONSE: dict[type[Action], Handler] = {Sumdb: sumdb}
