"""Where traffic meets rules: chooses what is done, has it done, and writes it down."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Iterator
from typing import Any

from faults.armoury import Armoury
from faults.choose import Facts
from faults.exchange import Detail, Turn
from faults.ledger import Ledger, Record
from faults.vocabulary.base import Stage
from faults.waits import Waits

logger = logging.getLogger(__name__)


class Desk:
    """What the hooks of all layers share."""

    def __init__(self, armoury: Armoury, ledger: Ledger, waits: Waits) -> None:
        self.armoury = armoury
        self.ledger = ledger
        self.waits = waits

    def turns(self, stage: Stage, facts: Facts) -> Iterator[Turn]:
        """Yield what the rules of a stage do to this traffic."""
        for armed, match, word, action in self.armoury.decided(stage, facts):
            yield Turn(armed, match, word, action, self.waits)

    async def act(self, turn: Turn, record: Record, doing: Awaitable[Detail]) -> bool:
        """Carry out a turn and write down what it did; False if it raised."""
        entry: dict[str, Any] = {"rule": turn.rule, "do": turn.word, "match": turn.match}
        record["fired"].append(entry)
        turn.armed.hits += 1
        detail: Detail = None
        try:
            detail = await doing
        except Exception as error:
            logger.exception("golab: rule %s raised", turn.rule)
            self.ledger.error(turn.rule, turn.word, error)
            return False
        finally:
            if detail is None:
                turn.armed.hits -= 1
                record["fired"].remove(entry)
            else:
                entry.update(detail)
        return True
