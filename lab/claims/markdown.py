"""docs/claims.md: the ledger as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lab.claims.load import families
from lab.claims.results import Entry, Ledger, Proven
from lab.plural import counted

_HEAD = """# What the documents claim, and what real Go does

Written by `golab claims --markdown`, measured with Go {go}. Every verdict is what replays in the
lab came to; which these are stands in `lab/claims/data/`.

A claim *holds* if it does in each of its cases, is *refuted* if it does in none, and is *partly*
true otherwise: the condition says where. *Silent*: what the claim is about exits as if all were
well, and something else is different; *loud*: it exits with another status.

{totals}
"""


def page(found: Ledger) -> str:
    """Return the page."""
    counts = Counter(entry.verdict for entry in found.entries)
    totals = ", ".join(f"{number} {verdict}" for verdict, number in counts.most_common())
    said = f"{counted(len(found.entries), 'claim')}: {totals}."
    return "\n".join([_HEAD.format(go=", ".join(found.go), totals=said), *_families(found)])


def _families(found: Ledger) -> Iterator[str]:
    by_id = {entry.id: entry for entry in found.entries}
    for family in families():
        entries = [by_id[claim.id] for claim in family.claims if claim.id in by_id]
        if entries:
            yield f"## {family.title}\n"
            yield "| id | claim | verdict | silent | proof |\n| --- | --- | --- | --- | --- |"
            yield from (_row(entry) for entry in entries)
            yield ""


def _row(entry: Entry) -> str:
    verdict = f"**{entry.verdict}**"
    if entry.condition:
        verdict += f": {_cell(entry.condition)}"
    claim = f"{_cell(entry.says)} <br>{_cell('; '.join(entry.sources))}"
    proofs = "<br>".join(_proof(proof) for proof in _telling(entry))
    return f"| {entry.id} | {claim} | {verdict} | {entry.silent} | {proofs} |"


def _telling(entry: Entry) -> list[Proven]:
    """Return the proofs that show a verdict: one for each outcome, of the newest Go that has it."""
    shown: dict[str, Proven] = {}
    for one in reversed(entry.by_go.values()):
        for proof in one.proofs:
            shown.setdefault(proof.outcome, proof)
    return list(shown.values())


def _proof(proof: Proven) -> str:
    case = f"{_cell(proof.case)}: " if proof.case else ""
    return f"{case}{_code(proof.command)} → {_code(proof.line)}"


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    gap = " " if "`" in text else ""
    return f"{fence}{gap}{_cell(text, plain=True)}{gap}{fence}"


def _cell(text: str, *, plain: bool = False) -> str:
    text = " ".join(text.split()).replace("|", "\\|")
    return text if plain else text.replace("<", "&lt;").replace("*", "\\*")
