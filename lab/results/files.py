"""Files of golab's own that somebody hands back to it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from lab.errors import UsageError

Model = TypeVar("Model", bound=BaseModel)


def read(path: Path, model: type[Model], what: str, *, longest: int, hint: str = "") -> Model:
    """Read JSON that golab has written.

    Args:
        path: the file.
        model: what is in it.
        what: that in words, as in `baseline`.
        longest: bytes that it may have.
        hint: what to do if it is something else.

    Raises:
        UsageError: it cannot be read, or is something else.
    """
    try:
        with path.open("rb") as file:
            text = file.read(longest + 1)
    except OSError as error:
        raise UsageError(f"the {what} {path} cannot be read: {error.strerror}") from None
    if len(text) > longest:
        raise UsageError(f"{path} is no {what} of this golab: it is longer than {longest >> 20} MB")
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        why = f"{where}: {first['msg']}" if where else first["msg"]
    raise UsageError(f"{path} is no {what} of this golab: {' '.join(why.split())[:200]}", hint)
