"""Names and values of HTTP fields (headers and trailers), as RFC 9110, 5 allows them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NO_TEXT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")


def field_name(name: str) -> str:
    """Check the name of a field.

    Raises:
        ValueError: not a token.
    """
    if not _TOKEN.fullmatch(name):
        raise ValueError(
            f"{name!r} is not a header name: write letters, digits and dashes, such as X-Cache"
        )
    return name


def field_text(text: str) -> str:
    """Check the value of a field; what is not ASCII is sent as UTF-8.

    Raises:
        ValueError: it has a line break or another control character.
    """
    if found := _NO_TEXT.search(text):
        raise ValueError(
            f"{text!r} cannot stand in a header: {found[0]!r} is not allowed there; leave it out"
        )
    return text


def _field_value(value: str | int) -> str | int:
    return field_text(value) if isinstance(value, str) else value


FieldName = Annotated[str, AfterValidator(field_name)]
FieldText = Annotated[str, AfterValidator(field_text)]
FieldValue = Annotated[str | int, AfterValidator(_field_value)]
