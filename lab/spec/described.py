"""Models whose JSON Schema describes each field by the text that stands below it in the code."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from textwrap import dedent

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Described(BaseModel):
    """A model whose code is read when its schema is asked for.

    pydantic's `use_attribute_docstrings` reads it for every class at every start.
    """

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        properties = handler.resolve_ref_schema(found).get("properties", {})
        for name, text in _texts(cls).items():
            if text and (field := cls.model_fields.get(name)):
                properties[field.alias or name]["description"] = text
        return found


def _texts(kind: type) -> dict[str, str]:
    """Return field -> its text, '' for none; what a class annotates anew is its own to describe."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if issubclass(each, Described) and each is not Described:
            found |= _own_texts(each)
    return found


def _own_texts(kind: type) -> dict[str, str]:
    (definition,) = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for node, below in pairwise([*definition.body, ast.Pass()]):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = _text(below)
    return found


def _text(node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return inspect.cleandoc(str(node.value.value))
    return ""
