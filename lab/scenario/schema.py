"""The JSON Schema of scenario files, for editors."""

from __future__ import annotations

from typing import Any

from lab.scenario.model import Scenario

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_PLACEHOLDER = {
    "type": "string",
    "pattern": "^\\{[a-z][a-z0-9-]*\\}$",
    "description": "The value of an axis of the matrix.",
}
_NEVER_OF_AN_AXIS = ("id", "family", "kind", "matrix", "since", "until")
_OF_NAMED_PARTS = ("properties", "patternProperties", "$defs")
_OF_PARTS = ("items", "prefixItems", "additionalProperties", "anyOf", "oneOf")
_SAID_OF = ("title", "description", "default")


def schema() -> Schema:
    """Return the schema; where it wants no text, the name of an axis may stand as `{axis}`."""
    found: Schema = Scenario.model_json_schema(by_alias=True)
    properties = found["properties"]
    fixed = {name: properties[name] for name in _NEVER_OF_AN_AXIS}
    spared = {name: found["$defs"][name] for name in ("ByGo",)}
    kept = {key: found[key] for key in ("if", "then", "else")}
    found = _open(found)
    found["properties"] |= fixed
    found["$defs"] |= {**spared, "Placeholder": _PLACEHOLDER}
    return {"$schema": DIALECT, **found, **kept}


def _open(node: Any) -> Any:
    if isinstance(node, list):
        return [_open(item) for item in node]
    if not isinstance(node, dict):
        return node
    if _closed(node):
        outside = {key: node[key] for key in _SAID_OF if key in node}
        inside = {key: value for key, value in node.items() if key not in _SAID_OF}
        return {"anyOf": [inside, {"$ref": "#/$defs/Placeholder"}], **outside}
    found = {}
    for key, value in node.items():
        if key in _OF_NAMED_PARTS:
            found[key] = {name: _open(part) for name, part in value.items()}
        else:
            found[key] = _open(value) if key in _OF_PARTS else value
    return found


def _closed(node: Schema) -> bool:
    """Whether a schema has no room for text such as `{axis}`."""
    if "enum" in node or "const" in node:
        return True
    kind = node.get("type")
    return kind in ("integer", "number", "boolean") or (
        kind == "string" and any(key in node for key in ("pattern", "format", "anyOf"))
    )
