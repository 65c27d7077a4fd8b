"""The rule file: `name`, `where`, `do`; reading it, and refusing what cannot work.

Imports nothing of mitmproxy, so that anybody can check rules cheaply.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    RootModel,
    create_model,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from faults import validation
from faults.model.action import Action
from faults.model.base import Frozen, Stage, Unbuilt
from faults.model.where import FIELDS_AT, Where
from faults.registry import ACTIONS
from faults.source import Problem, Source, SourceError

MAX_RULES = 500
"""Each is compared with those before it; nobody has written a hundred."""


class _Do(Frozen):
    """What happens: one action, or several that can happen to the same exchange."""

    def __iter__(self) -> Iterator[tuple[str, Action]]:  # type: ignore[override]
        """Yield (word, action) for each action asked for, in the order of this model."""
        for name, field in type(self).model_fields.items():
            action = getattr(self, name)
            if action is not None:
                yield field.alias or name, action

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        for field in handler.resolve_ref_schema(found)["properties"].values():
            field.pop("title", None)  # an action's own title says the same
        return found

    @model_validator(mode="after")
    def _compatible(self) -> Self:
        words = [word for word, _ in self]
        if not words:
            raise ValueError("nothing to do: name an action")
        taken: dict[str, str] = {}
        for word, action in self:
            if action.slot and (other := taken.setdefault(action.slot, word)) != word:
                raise ValueError(f"{other} and {word} cannot both happen; make two rules")
        return self


if TYPE_CHECKING:
    Do = _Do
else:
    Do = create_model(
        "Do",
        __base__=_Do,
        __module__=__name__,
        __doc__=_Do.__doc__,
        **{name: (Annotated[kind | None, Unbuilt(kind)], None) for name, _, kind in ACTIONS},
    )


class Rule(Frozen):
    """A fault: which traffic (`where`), and what happens to it (`do`)."""

    model_config = ConfigDict(defer_build=False)  # once, whatever has rules among its parts

    name: str = Field(
        "",
        pattern=r"^[a-z0-9][a-z0-9._-]*$",
        max_length=80,
        description="How the ledger, the report and runtime control call it.",
    )
    where: Where = Field(
        default_factory=Where, description="All of it must hold; {} is all traffic."
    )
    do: Do

    @property
    def remembers(self) -> bool:
        """Whether what it does to a client depends on those that came before."""
        return self.where.counts or any(action.remembers for _, action in self.do)

    @cached_property
    def stage(self) -> Stage:
        """The earliest moment at which everything in `where` is known and all of `do` can act."""
        return _stage(self.where, self.do)

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        _stage(self.where, self.do)
        return self


_KNOWN_THEN = {
    Stage.CONNECT: "at accept only client and port are known",
    Stage.QUERY: "a DNS query has query, query-type and client; write `query` for a name",
    Stage.HELLO: "during the handshake only sni, alpn, client and port are known;"
    " write `sni` for a name",
}


def _stage(where: Where, do: Do) -> Stage:
    """Find the stage of a rule.

    Raises:
        ValueError: its actions have none in common, or `where` asks for what is not known by then.
    """
    words = " and ".join(word for word, _ in do)
    common = [stage for stage in Stage if all(stage in action.stages() for _, action in do)]
    if not common:
        raise ValueError(f"{words} happen at different moments; make two rules")
    possible = where.stages()
    for stage in common:
        if stage in possible:
            return stage
    if where.method == ("CONNECT",):
        raise ValueError(f"{words} cannot be done to a CONNECT request, or not so early")
    unknown = ", ".join(sorted(where.words_used() - FIELDS_AT[common[-1]]))
    hint = _KNOWN_THEN.get(common[-1], "that belongs to another kind of traffic")
    raise ValueError(f"{words} cannot depend on {unknown}: {hint}")


def _named(value: Any) -> Any:
    """Give rules without a name one, `rule-1` and so on."""
    if not isinstance(value, list):
        return value
    return tuple(
        {"name": f"rule-{number}", **rule} if isinstance(rule, dict) else rule
        for number, rule in enumerate(value, 1)
    )


def repeated(rules: Sequence[Rule]) -> Iterator[tuple[int, str]]:
    """Yield (index, what is wrong) for each rule that has the name of one before it."""
    seen: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.name in seen:
            yield index, f"two rules are called {rule.name!r}; names must differ"
        seen.add(rule.name)


def unique(rules: Sequence[Rule]) -> Sequence[Rule]:
    """Return `rules` if every name is there once.

    Raises:
        ValueError: two rules of one name.
    """
    for _, said in repeated(rules):
        raise ValueError(said)
    return rules


class RuleFile(RootModel[Any]):
    """A file of fault rules: a list, in the order in which they are tried."""

    model_config = ConfigDict(defer_build=True)

    root: Annotated[tuple[Rule, ...], Field(max_length=MAX_RULES), BeforeValidator(_named)]


def load(path: Path | str) -> tuple[Rule, ...]:
    """Read a rule file.

    Raises:
        SourceError: every problem, one `file:line:column: message` each.
    """
    from faults import yamlsource  # an edge reads no files

    return _checked(yamlsource.read(path))


def parse(text: str, file: str = "rules") -> tuple[Rule, ...]:
    """Read rules from YAML text; see `load`."""
    from faults import yamlsource

    return _checked(yamlsource.parse(text, file))


def _checked(source: Source) -> tuple[Rule, ...]:
    found = validation.check(source, RuleFile).root
    if problems := [source.problem((index, "name"), said) for index, said in repeated(found)]:
        raise SourceError(problems)
    return found


def from_data(data: Sequence[Any]) -> tuple[Rule, ...]:
    """Read rules that have no file, from data such as `{"where": {…}, "do": {…}}`.

    Raises:
        SourceError: every problem, one `rule NAME: key.path: message` each.
    """
    found: list[Rule] = []
    problems: list[Problem] = []
    for number, rule in enumerate(_named(list(data)), 1):
        name = rule["name"] if isinstance(rule, dict) else f"rule-{number}"
        try:
            found.append(validation.validated(rule, Rule, f"rule {name}"))
        except SourceError as error:
            problems += error.problems
    problems += [
        Problem(f"rule {found[index].name}", 0, 0, said) for index, said in repeated(found)
    ]
    if problems:
        raise SourceError(problems)
    return tuple(found)
