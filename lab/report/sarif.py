"""A diagnosis as SARIF 2.1.0, which code hosts show beside the lines of a file.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

import lab
from lab.report import files
from lab.report.visible import visible_json
from lab.results.findings import Diagnosis, Found

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def as_sarif(diagnosis: Diagnosis) -> str:
    """Return the findings as SARIF; what is in no file of the project is shown at its go.mod."""
    rules = {found.id: found for found in reversed(diagnosis.findings)}
    places = {name: place for place, name in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "golab",
                "semanticVersion": lab.__version__,
                "rules": [_rule(found) for found in rules.values()],
            }
        },
        "invocations": [{"executionSuccessful": True, "exitCode": int(diagnosis.alarming)}],
        "results": [
            _result(found, places[found.id], diagnosis.project) for found in diagnosis.findings
        ],
    }
    data = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return visible_json(json.dumps(data, indent=2, ensure_ascii=False)) + "\n"


def write(diagnosis: Diagnosis, file: str) -> None:
    """Write it.

    Raises:
        UsageError: the file cannot be written.
    """
    files.put(as_sarif(diagnosis), file)


def _rule(found: Found) -> dict[str, Any]:
    more = f" See: golab run {found.scenario}." if found.scenario else ""
    return {
        "id": found.id,
        "shortDescription": {"text": found.why or found.id},
        "help": {"text": f"{found.remedy or found.why or found.id}{more}"},
        "defaultConfiguration": {"level": found.severity},
    }


def _result(found: Found, place: int, project: str) -> dict[str, Any]:
    said = [found.seen, *found.evidence, found.why, f"To mend it: {found.remedy}"]
    path, line = "go.mod", 1
    if found.file and PurePath(found.file).is_relative_to(project):
        path, line = str(PurePath(found.file).relative_to(project)), max(found.line, 1)
    return {
        "ruleId": found.id,
        "ruleIndex": place,
        "level": found.severity,
        "message": {"text": "\n".join(dict.fromkeys(text for text in said if text))},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(path), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": line},
                }
            }
        ],
    }
