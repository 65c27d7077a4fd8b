"""What every action is: a model of what stands in the file, and a method per stage that does it."""

# No `from __future__ import annotations` here and in `faults.actions`: pydantic would evaluate the
# text anew for every action.

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import BaseModel, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from faults.model.base import Frozen, Stage, dashed
from faults.model.where import Where

Detail = Mapping[str, Any] | None
"""What an action did, for the ledger; None if it did nothing, which is no hit."""

Hook = Callable[[Any, Any], Awaitable[Detail]]

HOOKS: dict[str, tuple[Stage, ...]] = {
    "on_connect": (Stage.CONNECT,),
    "on_query": (Stage.QUERY,),
    "on_hello": (Stage.HELLO,),
    "on_handshake": (Stage.HELLO,),
    "on_tunnel": (Stage.TUNNEL,),
    "on_request": (Stage.REQUEST,),
    "on_answer": (Stage.TUNNEL, Stage.REQUEST, Stage.RESPONSE),
    "on_response": (Stage.RESPONSE,),
    "on_delivery": (Stage.REQUEST, Stage.RESPONSE),
}
"""The methods by which an action acts, and the stages at which that can be decided."""


@dataclass(frozen=True)
class Example:
    """A rule as a person writes it, what the client sees, and what differs from the real thing.

    Args:
        rule: the YAML of `where` and `do`.
        seen: what a client sees on the wire.
        faithful: how exactly this is the real thing, and what is not.
    """

    rule: str
    seen: str
    faithful: str


_NO_METHOD: Any = None


class _Hooks:
    """The methods by which an action acts; without annotations, which pydantic would evaluate."""

    on_connect = _NO_METHOD
    """(decision, client) A connection has just been accepted."""
    on_query = _NO_METHOD
    """(decision, flow) A DNS query; set `flow.response` to answer."""
    on_hello = _NO_METHOD
    """(decision, client) A ClientHello has been read."""
    on_handshake = _NO_METHOD
    """(decision, handshake) A handshake is about to begin."""
    on_tunnel = _NO_METHOD
    """(decision, exchange) A CONNECT request."""
    on_request = _NO_METHOD
    """(decision, exchange) A request, before the origin is asked."""
    on_answer = _NO_METHOD
    """(decision, exchange) Give an answer in the origin's place, before or after asking it."""
    on_response = _NO_METHOD
    """(decision, exchange) An answer, before it is sent."""
    on_delivery = _NO_METHOD
    """(decision, exchange) How that answer is sent: `exchange.steps`."""

    acts = tuple[Stage, ...]()
    """The stages at which it can be decided, earliest first; follows from the methods."""
    hooks = frozenset[str]()
    """The names of the methods that it has."""


class Action(_Hooks, Frozen):
    """One thing that can be done to traffic; for how to write one see CONTRIBUTING.md.

    It is done by one or more of the methods `async def on_…(self, decision, …) -> Detail`. A class
    whose name begins with `_` is a base of others, and no action.
    """

    short: ClassVar[str] = ""
    """The field that a bare value stands for; "" for an action without fields, written `true`."""
    slot: ClassVar[str] = ""
    """Actions of one slot exclude each other: `answer` is what is said, `delivery` how."""
    order: ClassVar[int] = 100
    """When it acts among the actions of its layer, if a rule has several; then by name."""
    closes_port: ClassVar[bool] = False
    """Whether it is done by not listening: there is no connection that a method could be given."""
    needs: ClassVar[frozenset[str]] = frozenset()
    """The endpoints whose answers it can change; empty for all."""
    examples: ClassVar[tuple[Example, ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **rest: Any) -> None:
        """Find the stages of a new action.

        Raises:
            TypeError: it has no method to act by, or one that nobody would call.
        """
        super().__pydantic_init_subclass__(**rest)
        for name in vars(cls):
            if name.startswith("on_") and name not in HOOKS:
                raise TypeError(f"{cls.__name__}.{name} is never called; {_HOOK_NAMES}")
        found = [name for name in HOOKS if getattr(cls, name)]
        for name in found:
            _check_hook(cls, name)
        stages = {stage for name in found for stage in HOOKS[name]}
        if cls.closes_port:
            stages.add(Stage.CONNECT)
        if not stages and not cls.__name__.startswith("_"):
            raise TypeError(f"{cls.__name__} has no method that does anything; {_HOOK_NAMES}")
        cls.hooks = frozenset(found)
        cls.acts = tuple(stage for stage in Stage if stage in stages)

    def hook(self, *names: str) -> Hook | None:
        """Return the first of these methods that the action has."""
        for name in names:
            if name in self.hooks:
                found: Hook = getattr(self, name)
                return found
        return None

    def stages(self) -> tuple[Stage, ...]:
        """Return the stages at which this action can be decided, earliest first."""
        return self.acts

    @property
    def early(self) -> bool:
        """Whether it is done before the origin is asked, if it is decided by then."""
        return True

    @property
    def always_answers(self) -> bool:
        """Whether no other answer is given to traffic that it acts on."""
        return self.slot == "answer"

    @property
    def remembers(self) -> bool:
        """Whether what it does depends on what it met before, or on the number of the match."""
        return False

    def never_acts(self, where: Where) -> str | None:
        """Say why it can never act on such traffic; None if it can, as far as can be known."""
        return None

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if isinstance(value, dict | BaseModel):
            return value
        if cls.short:
            return {dashed(cls.short): value}
        if value is True:
            return {}
        raise ValueError("write true, or leave it out")

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        full = handler.resolve_ref_schema(handler(schema))
        bare = full["properties"][dashed(cls.short)] if cls.short else {"const": True}
        described = {"description": full.pop("description", ""), "title": full.pop("title", "")}
        return {**described, "anyOf": [bare, full]}


_HOOK_NAMES = f"an action acts by one of {', '.join(HOOKS)}"


def _check_hook(kind: type[Action], name: str) -> None:
    method = getattr(kind, name)
    if not inspect.iscoroutinefunction(method) or method.__code__.co_argcount != 3:
        raise TypeError(
            f"{kind.__name__}.{name} must be `async def {name}(self, decision, …) -> Detail`"
            " with one argument more"
        )
