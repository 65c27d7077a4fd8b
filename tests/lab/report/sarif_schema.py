"""What the SARIF 2.1.0 schema demands of the parts that golab writes.

After sections 3.13 to 3.58 of the standard; no maintained package ships the schema itself.
"""

from __future__ import annotations

from typing import Any


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


TEXT = {"type": "string"}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
MULTIFORMAT = _object(["text"], text=TEXT, markdown=TEXT)
MESSAGE = {
    **_object([], text=TEXT, markdown=TEXT, id=TEXT, arguments=_list(TEXT)),
    "anyOf": [{"required": ["text"]}, {"required": ["id"]}],
}
REGION = _object(
    [],
    startLine={"type": "integer", "minimum": 1},
    startColumn={"type": "integer", "minimum": 1},
    endLine={"type": "integer", "minimum": 1},
    endColumn={"type": "integer", "minimum": 1},
)
ARTIFACT = _object(
    [],
    uri={"type": "string", "format": "uri-reference", "pattern": "^[^ ]+$"},
    uriBaseId=TEXT,
    index={"type": "integer", "minimum": -1},
)
PHYSICAL = _object(["artifactLocation"], artifactLocation=ARTIFACT, region=REGION)
LOCATION = _object([], physicalLocation=PHYSICAL, message=MESSAGE)
RULE = _object(
    ["id"],
    id=TEXT,
    name=TEXT,
    shortDescription=MULTIFORMAT,
    fullDescription=MULTIFORMAT,
    help=MULTIFORMAT,
    helpUri={"type": "string", "format": "uri"},
    defaultConfiguration=_object([], level=LEVEL, enabled={"type": "boolean"}),
)
DRIVER = _object(
    ["name"],
    name=TEXT,
    version=TEXT,
    semanticVersion=TEXT,
    informationUri={"type": "string", "format": "uri"},
    rules={**_list(RULE), "uniqueItems": True},
)
RESULT = _object(
    ["message"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    level=LEVEL,
    message=MESSAGE,
    locations=_list(LOCATION),
)
INVOCATION = _object(
    ["executionSuccessful"],
    executionSuccessful={"type": "boolean"},
    exitCode={"type": "integer"},
)
RUN = _object(
    ["tool"],
    tool=_object(["driver"], driver=DRIVER),
    invocations=_list(INVOCATION),
    results=_list(RESULT),
)
SARIF = {
    **_object(
        ["version", "runs"],
        version={"enum": ["2.1.0"]},
        runs=_list(RUN),
    ),
}
SARIF["properties"]["$schema"] = {"type": "string", "format": "uri"}
