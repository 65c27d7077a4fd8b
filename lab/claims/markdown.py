"""docs/claims.md: the ledger as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lab.claims.load import families
from lab.claims.model import Claim, Proof
from lab.claims.results import Entry, Ledger
from lab.plural import counted
from lab.scenario.load import described

_HEAD = """# What the documents claim, and what real Go does

Written by `golab claims --recorded --markdown`. Measured with Go {go}:
every verdict is what replays in the lab came to, and which these are stands in `lab/claims/data/`.
`golab claims` measures all of them again and compares; `golab claims A06` does one.

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
        rows = [_row(claim, by_id[claim.id]) for claim in family.claims if claim.id in by_id]
        if rows:
            yield f"## {family.title}\n"
            yield "| id | claim | verdict | silent | proof |\n| --- | --- | --- | --- | --- |"
            yield from rows
            yield ""


def _row(claim: Claim, entry: Entry) -> str:
    verdict = f"**{entry.verdict}**"
    if entry.condition:
        verdict += f": {_cell(entry.condition)}"
    said = f"{_cell(entry.says)} <br>{_cell('; '.join(entry.sources))}"
    proofs = "<br>".join(_proofs(claim, entry))
    return f"| {entry.id} | {said} | {verdict} | {entry.silent} | {proofs} |"


def _proofs(claim: Claim, entry: Entry) -> Iterator[str]:
    """Yield a proof of each outcome, with the newest Go that shows it."""
    given = {case.name: _given(case.proof) for case in claim.replays}
    shown = set()
    for go, one in reversed(entry.by_go.items()):
        for proof in one.proofs:
            if proof.outcome not in shown:
                shown.add(proof.outcome)
                where = [f"go {go}"] if entry.verdict == "depends on the version" else []
                where += [_cell(proof.case)] if proof.case else []
                at = f"{', '.join(where)}: " if where else ""
                with_ = "".join(f"{_code(text)} " for text in given.get(proof.case, ()))
                yield f"{at}{with_}{_code(proof.command)} → {_code(proof.line)}"


def _given(proof: Proof) -> Iterator[str]:
    """Yield what a client has set, what goes wrong, and what it does before that."""
    settings = proof.client.overlaid(proof.break_.client)
    if settings.variables:
        yield " ".join(f"{name}={value}" for name, value in settings.variables.items())
    yield from (described(rule) for rule in proof.rules)
    yield from (f"{step.run};" for step in proof.break_.steps)


def _code(text: str) -> str:
    fence, gap = ("``", " ") if "`" in text else ("`", "")
    return f"{fence}{gap}{_cell(text, plain=True)}{gap}{fence}"


def _cell(text: str, *, plain: bool = False) -> str:
    text = " ".join(text.split()).replace("|", "\\|")
    return text if plain else text.replace("<", "&lt;").replace("*", "\\*")
