"""What is decided is carried out and written down; what raises is written down, too."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

import pytest

from faults import rules
from faults.engine.dispatch import Dispatcher
from faults.engine.ruleset import Ruleset
from faults.model.action import Detail
from faults.model.base import Stage
from faults.traffic.ledger import Ledger, Record

RULES = "[{name: it, where: {query: a.b}, do: {dns: nxdomain}}]"
FACTS = {"query": "a.b", "query-type": "A", "connection": "1", "client": "", "port": 53, "age": 0.0}


def act(outcome: Detail | Exception) -> tuple[bool, Ledger, Record, int]:
    """Let the one rule decide, and its action come to this; return what is left of it."""
    ruleset, ledger = Ruleset(lambda _: None), Ledger()
    ruleset.arm(rules.parse(RULES), 0)
    dispatcher = Dispatcher(ruleset, ledger, cast("Any", None))
    (decision,) = dispatcher.decisions(Stage.QUERY, FACTS)
    record = ledger.open("dns", qtype="A", qname="a.b")

    async def doing() -> Detail:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    done = asyncio.run(dispatcher.act(decision, record, doing()))
    return done, ledger, record, decision.state.hits


def test_what_was_done_is_a_hit_and_is_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    done, ledger, record, hits = act({"reply": "nxdomain"})
    assert (done, hits, len(ledger.snapshot())) == (True, 1, 1)
    assert record["fired"] == [{"rule": "it", "do": "dns", "match": 1, "reply": "nxdomain"}]
    assert caplog.messages == ["golab: rule it: dns on A a.b"]


def test_what_did_nothing_is_no_hit_and_is_not_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    done, ledger, record, hits = act(None)
    assert (done, hits, len(ledger.snapshot()), record["fired"]) == (True, 0, 1, [])
    assert caplog.messages == []


def test_what_raised_is_no_hit_and_an_error_in_the_ledger() -> None:
    done, ledger, record, hits = act(LookupError("not there"))
    assert (done, hits, record["fired"]) == (False, 0, [])
    error = ledger.snapshot()[-1]
    assert error.pop("t") >= 0
    assert error == {"kind": "error", "rule": "it", "do": "dns", "error": "LookupError: not there"}


def test_a_rule_that_is_switched_off_decides_nothing() -> None:
    ruleset = Ruleset(lambda _: None)
    ruleset.arm(rules.parse(RULES), 0)
    ruleset.switch("it", on=False)
    assert (
        list(Dispatcher(ruleset, Ledger(), cast("Any", None)).decisions(Stage.QUERY, FACTS)) == []
    )
    with pytest.raises(ValueError, match="there is no rule 'its'; did you mean 'it'"):
        ruleset.switch("its", on=True)


def test_what_a_rule_remembers_goes_when_it_is_switched() -> None:
    ruleset = Ruleset(lambda _: None)
    ruleset.arm(rules.parse(RULES), 0)
    (rule,) = ruleset
    rule.memory["/path"] = "remembered"
    ruleset.switch("it", on=True)
    assert rule.memory
    ruleset.switch("it", on=False)
    assert not rule.memory
