"""A claim for tests: a rule hides the versions of a module."""

from __future__ import annotations

from typing import Any

from lab.claims.model import Claim
from tests.lab.replay.fake import LINE

HIDDEN = {"exit": 0, "stdout": "^cobra$"}
SHOWN = {"exit": 0, "stdout": "^cobra v1 v2$"}
FAULT: dict[str, Any] = {"where": {"endpoint": "list"}, "do": {"respond": 410}}


def a_claim(**changes: Any) -> Claim:
    said = {
        "id": "A01",
        "says": "A 410 hides versions.",
        "sources": [{"article": "silent-symptoms", "section": "1"}],
        "run": LINE,
        "holds": HIDDEN,
        "refuted": SHOWN,
        **FAULT,
        **changes,
    }
    return Claim.model_validate({key: value for key, value in said.items() if value is not None})
