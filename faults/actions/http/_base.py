"""What several actions on HTTP have in common."""

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from faults.model.action import Action, Detail
from faults.model.base import OneOrMany
from faults.model.http_fields import FieldName, FieldValue

if TYPE_CHECKING:
    from mitmproxy import http

Code = Annotated[int, Field(ge=100, le=999)]


class _ChangedHeaders(Action):
    """Fields to be set and to be dropped."""

    set_: dict[FieldName, FieldValue] = Field(default_factory=dict, description="Set, replacing.")
    drop: Annotated[tuple[FieldName, ...], OneOrMany()] = Field((), description="Remove.")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.set_ and not self.drop:
            raise ValueError("needs `set` or `drop`")
        return self

    def _change(self, headers: "http.Headers") -> Detail:
        dropped = [name for name in self.drop if headers.pop(name, None) is not None]
        for name, value in self.set_.items():
            headers[name] = str(value)
        return {"set": sorted(self.set_), "dropped": dropped} if dropped or self.set_ else None
