"""Where traffic meets rules: chooses what is done, has it done, and writes it down."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Iterator
from typing import Any

from faults.engine.matching import Facts
from faults.engine.ruleset import Ruleset
from faults.model.action import Detail
from faults.model.base import Stage
from faults.traffic.decision import Decision
from faults.traffic.ledger import Ledger, Record, subject
from faults.traffic.waits import Waits

logger = logging.getLogger(__name__)


class Dispatcher:
    """What the hooks of all layers share."""

    def __init__(self, ruleset: Ruleset, ledger: Ledger, waits: Waits) -> None:
        self.ruleset = ruleset
        self.ledger = ledger
        self.waits = waits

    def decisions(self, stage: Stage, facts: Facts) -> Iterator[Decision]:
        """Yield what the rules of a stage do to this traffic."""
        for armed, match, word, action in self.ruleset.decided(stage, facts):
            yield Decision(armed, match, word, action, self.waits)

    async def act(self, decision: Decision, record: Record, doing: Awaitable[Detail]) -> bool:
        """Carry out a decision and write down what it did; False if it raised."""
        rule, word = decision.rule, decision.word
        entry: dict[str, Any] = {"rule": rule, "do": word, "match": decision.match}
        record["fired"].append(entry)
        decision.state.hits += 1
        detail: Detail = None
        try:
            detail = await doing
        except Exception as error:
            logger.exception("golab: rule %s raised", rule)
            self.ledger.error(rule, word, error)
            return False
        finally:
            if detail is None:
                decision.state.hits -= 1
                record["fired"].remove(entry)
            else:
                entry.update(detail)
                if logger.isEnabledFor(logging.INFO):
                    logger.info("golab: rule %s: %s on %s", rule, word, subject(record))
        return True
