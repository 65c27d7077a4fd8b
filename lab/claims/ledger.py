"""Measures claims, several at a time, and compares what they come to with their record."""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lab
from lab.claims.load import DATA, families
from lab.claims.measure import MissingError, failed, flat, pieces, proven
from lab.claims.model import Case, Claim
from lab.claims.results import Entry, Ledger, Measured, Proven, judged
from lab.errors import LabError, UsageError
from lab.go.toolchain import Toolchain
from lab.sandbox.interface import Backend
from lab.spec.sources import Citation

RECORD = DATA / "measured.json"

Observer = Callable[[Claim, str, Measured], None]
"""Called with a claim, the Go version, and what came of it, from several threads."""


class Measuring:
    """The measuring of claims with every toolchain, and what it has come to so far.

    Args:
        claims: which.
        backend: where their labs are.
        toolchains: one or more.
        seed: fixes every chance.
        observe: told of each claim that is done.
    """

    def __init__(
        self,
        claims: Sequence[Claim],
        backend: Backend,
        toolchains: Sequence[Toolchain],
        *,
        seed: int,
        observe: Observer,
    ) -> None:
        self.claims = claims
        self.toolchains = toolchains
        self._backend = backend
        self._seed = seed
        self._observe = observe
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._proofs: dict[tuple[str, str], list[Proven]] = {}
        self._missing: dict[tuple[str, str], str] = {}

    def run(self, jobs: int) -> Ledger:
        """Measure, `jobs` labs at a time; what waits longest comes first.

        An interrupt ends every lab before it goes on its way; `ledger` has what was done by then.

        Raises:
            LabError: not even one lab has come up.
        """
        work = [
            (claim, cases, go)
            for go in self.toolchains
            for claim in self.claims
            for cases in pieces(claim)
        ]
        work.sort(key=lambda each: -max(case.proof.limit for case in each[1]))
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="lab")
        try:
            for each in [pool.submit(self._one, *piece) for piece in work]:
                each.result()
        except BaseException:
            self._cancelled.set()
            pool.shutdown(wait=False, cancel_futures=True)
            self._backend.close()
            raise
        finally:
            pool.shutdown(wait=True)
        return self.ledger()

    def ledger(self) -> Ledger:
        """Return the ledger of the claims that are done with a toolchain at least."""
        by_go = {
            claim.id: {
                go.version: self._result(claim, go)
                for go in self.toolchains
                if self._done(claim, go)
            }
            for claim in self.claims
        }
        return ledger([claim for claim in self.claims if by_go[claim.id]], by_go)

    def _one(self, claim: Claim, cases: Sequence[Case], go: Toolchain) -> None:
        if self._cancelled.is_set():
            return
        key = claim.id, go.version
        try:
            proofs = proven(claim, cases, self._backend, go, self._seed)
        except MissingError as error:
            self._missing[key] = str(error)
            proofs = [failed(case, str(error)) for case in cases]
        except LabError as error:
            proofs = [failed(case, flat(str(error))) for case in cases]
        with self._lock:
            if self._cancelled.is_set():  # its lab was ended under it
                return
            self._proofs.setdefault(key, []).extend(proofs)
            done = self._done(claim, go)
        if done:
            self._observe(claim, go.version, self._result(claim, go))

    def _done(self, claim: Claim, go: Toolchain) -> bool:
        return len(self._proofs.get((claim.id, go.version), ())) == len(claim.replays)

    def _result(self, claim: Claim, go: Toolchain) -> Measured:
        key = claim.id, go.version
        if why := self._missing.get(key) or claim.untestable:
            return Measured(
                verdict="not testable here", condition=flat(why), missing=key in self._missing
            )
        order = [case.name for case in claim.replays]
        return judged(sorted(self._proofs[key], key=lambda proof: order.index(proof.case)))


def ledger(claims: Sequence[Claim], by_go: Mapping[str, Mapping[str, Measured]]) -> Ledger:
    """Return the ledger of claims with what was measured of them: id -> Go version -> result."""
    family = {claim.id: one.family for one in families() for claim in one.claims}
    entries = [
        Entry(
            id=claim.id,
            family=family[claim.id],
            sources=[_place(citation) for citation in claim.sources],
            says=" ".join(claim.says.split()),
            by_go=dict(by_go.get(claim.id, {})),
        )
        for claim in claims
    ]
    goes = list(dict.fromkeys(go for entry in entries for go in entry.by_go))
    return Ledger(golab=lab.__version__, go=goes, entries=entries)


def _place(citation: Citation) -> str:
    name = citation.article or citation.title
    return f"{name} {citation.section}" if citation.section else name


def record(path: Path = RECORD) -> dict[str, dict[str, Measured]]:
    """Return what is on record: id -> Go version -> result.

    Raises:
        UsageError: the record cannot be read.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}; write it anew with `golab claims --record`") from None
    return {
        id_: {go: Measured.model_validate(one) for go, one in by_go.items()}
        for id_, by_go in data.items()
    }


def writable(path: Path = RECORD) -> None:
    """Find out before the work what would keep its record from being written.

    Raises:
        UsageError: it cannot be written.
    """
    if not path.parent.is_dir():
        raise _unwritable(path, os.strerror(errno.ENOENT))
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise _unwritable(path, os.strerror(errno.EACCES))


def _unwritable(path: Path, why: str | None) -> UsageError:
    return UsageError(f"the record cannot be written: {path}: {why}")


def write_record(new: Ledger, path: Path = RECORD) -> None:
    """Put what was measured into the record; what is there of other claims and versions stays.

    Raises:
        UsageError: it cannot be written.
    """
    known = {claim.id for one in families() for claim in one.claims}
    whole = {id_: by_go for id_, by_go in record(path).items() if id_ in known}
    for entry in new.entries:
        new_ones = {go: one for go, one in entry.by_go.items() if not one.missing}
        whole[entry.id] = {**whole.get(entry.id, {}), **new_ones}
    data = {id_: _kept(whole[id_]) for id_ in sorted(whole)}
    try:
        path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error.strerror) from None


def _kept(by_go: Mapping[str, Measured]) -> dict[str, Any]:
    """Return what is kept of a claim: the proofs of each result with the newest Go that has it."""
    found: dict[str, Any] = {}
    shown: set[str] = set()
    for go in sorted(by_go, key=_number, reverse=True):
        data = by_go[go].model_dump(mode="json", exclude_defaults=True)
        if said(by_go[go]) in shown:
            data.pop("proofs", None)
        shown.add(said(by_go[go]))
        found[go] = data
    return dict(reversed(found.items()))


def _number(go: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in go.split(".")]


def differences(new: Ledger, on_record: Mapping[str, Mapping[str, Measured]]) -> list[str]:
    """Return how what was measured differs from its record, a line for each claim and version."""
    found = []
    for entry in new.entries:
        for go, one in entry.by_go.items():
            old = on_record.get(entry.id, {}).get(go)
            if one.missing:  # says nothing of the claim
                continue
            if old is None:
                found.append(f"{entry.id} (go {go}): {said(one)}, and nothing is on record")
            elif said(one) != said(old):
                found.append(f"{entry.id} (go {go}): {said(one)}, recorded {said(old)}")
    return found


def said(one: Measured) -> str:
    """Return what of a result must be as recorded: verdict, condition, silence."""
    condition = f" ({one.condition})" if one.condition else ""
    return f"{one.verdict}{condition}" + ("" if one.silent == "-" else f", {one.silent}")
