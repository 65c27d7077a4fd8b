"""The reference of all rules, written from the rules' own code: docs/faults.md."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

from faults.rules import Do, Rule
from faults.vocabulary.base import Action, Example, dashed
from faults.where import Where


def actions() -> Iterator[tuple[str, type[Action]]]:
    """Yield (word, model) for every action, in the order of the reference."""
    for name, field in Do.model_fields.items():
        for kind in typing.get_args(field.annotation):
            if isinstance(kind, type) and issubclass(kind, Action):
                yield field.alias or name, kind


def examples() -> Iterator[tuple[str, Example]]:
    """Yield (word, example) for every example of the reference."""
    for word, kind in actions():
        for example in kind.examples:
            yield word, example


__all__ = ["Any", "Rule", "Where", "actions", "dashed", "examples"]
