"""Conditions on a number, as a scenario file writes them: `>=9`, `<2`, `9..12`; a count also 3."""

from __future__ import annotations

import operator
import re
from typing import Annotated

from pydantic import AfterValidator, Field

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,6})?"
_COMPARED = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_ONE_SIDED = re.compile(rf"(>=|<=|>|<) *({_NUMBER})")
_TWO_SIDED = re.compile(rf"({_NUMBER}) *\.\. *({_NUMBER})")
PATTERN = rf"^((>=|<=|>|<) *{_NUMBER}|{_NUMBER} *\.\. *{_NUMBER})$"


def within(bounds: str | int, value: float) -> bool:
    """Say whether a number is within bounds; the ends of `9..12` belong to it, an int is itself.

    Raises:
        ValueError: these are no bounds.
    """
    if isinstance(bounds, int):
        return value == bounds
    if found := _ONE_SIDED.fullmatch(bounds):
        return bool(_COMPARED[found[1]](value, float(found[2])))
    if (found := _TWO_SIDED.fullmatch(bounds)) and float(found[1]) <= float(found[2]):
        return float(found[1]) <= value <= float(found[2])
    raise ValueError(f'{bounds!r} are no bounds; write ">=9", "<2" or "9..12"')


def said(bounds: str | int) -> str:
    """Return bounds in words, for a message: `at least 9`, `less than 2`, `9 to 12`."""
    if isinstance(bounds, int):
        return str(bounds)
    if found := _ONE_SIDED.fullmatch(bounds):
        return f"{_WORDS[found[1]]} {found[2]}"
    first, _, last = bounds.partition("..")
    return f"{first.strip()} to {last.strip()}"


_WORDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


def _checked(bounds: str) -> str:
    within(bounds, 0)
    return bounds


Bounds = Annotated[str, Field(json_schema_extra={"pattern": PATTERN}), AfterValidator(_checked)]
Count = Annotated[int, Field(ge=0, strict=True)] | Bounds
